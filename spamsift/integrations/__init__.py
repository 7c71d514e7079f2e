"""One adapter per host: ``scrapy`` for crawls, ``datatrove`` for clusters. Each needs its extra."""
