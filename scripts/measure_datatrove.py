"""Print pages per second, memory and cost of spamsift in datatrove: ``python scripts/measure_datatrove.py SHARDS``.

SHARDS is a folder of WARC files: some of your own, so that the figures are those of your pages. Run it on one of the
nodes that will do the work. Each task is one process with one sandbox; with ``--tasks`` as many as the node has cores
the figures hold what they cost each other. ``--wcxb FILE`` makes SHARDS from ``wcxb_dev.jsonl.gz`` first.
"""

from __future__ import annotations

import argparse
import gzip
import multiprocessing
import os
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from datatrove.executor import LocalPipelineExecutor
from datatrove.utils.logging import logger

from spamsift.integrations.datatrove import SpamsiftClean
from spamsift.integrations.datatrove_warc import WarcPages
from spamsift.integrations.rows import Page, RowJob
from spamsift.training.corpora import wcxb_pages

BILLION = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What one task took, its start included."""

    n_pages: int
    seconds: float
    cpu_seconds: float
    reader_kb: int
    sandbox_kb: int


def write_shards(data: Path, shards: Path, n_shards: int = 4) -> None:
    """The pages of WCXB dev as gzip'd WARC files."""
    shards.mkdir(parents=True, exist_ok=True)
    pages = wcxb_pages(data)
    for number in range(n_shards):
        with gzip.open(shards / f"{number:05d}.warc.gz", "wb") as file:
            for page in pages[number::n_shards]:
                body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page.html
                head = (
                    f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:{page.name}>\r\n"
                    f"WARC-Target-URI: {page.url}\r\nContent-Type: application/http; msgtype=response\r\n"
                    f"Content-Length: {len(body)}\r\n\r\n"
                )
                file.write(head.encode() + body + b"\r\n\r\n")


def measure_bare(shards: str, limit: int) -> float:
    """CPU seconds per page of ``sift()`` alone, on the pages that the first task gets."""
    job = RowJob()
    job.warm_up()
    pages = [Page(page.text, page.metadata["url"]) for page in WarcPages(shards, limit=limit).run()]
    started = time.process_time()
    for page in pages:
        job(page)
    return (time.process_time() - started) / len(pages)


def run_task(shards: str, limit: int, rank: int, tasks: int, figures: multiprocessing.Queue[Figures]) -> None:
    """One task as the executor runs it."""
    logger.remove()
    with tempfile.TemporaryDirectory() as logs:
        reader, cleaner = WarcPages(shards, limit=limit), SpamsiftClean()
        executor = LocalPipelineExecutor([reader, cleaner], tasks=tasks, logging_dir=logs)
        started = time.perf_counter()
        executor._run_for_rank(rank, rank)
        seconds = time.perf_counter() - started
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(part.ru_utime + part.ru_stime for part in used)
    figures.put(Figures(int(cleaner.stats["total"].total), seconds, cpu, used[0].ru_maxrss, used[1].ru_maxrss))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", help="folder of WARC files")
    parser.add_argument("--tasks", type=int, default=1, help="processes at a time, one per core (default 1)")
    parser.add_argument("--limit", type=int, default=500, help="pages per task (default 500)")
    parser.add_argument("--wcxb", type=Path, help="folder with wcxb_dev.jsonl.gz, to make the shards from")
    arguments = parser.parse_args()
    if arguments.wcxb:
        write_shards(arguments.wcxb, Path(arguments.shards))
    queue: multiprocessing.Queue[Figures] = multiprocessing.Queue()
    task = (arguments.shards, arguments.limit)
    processes = [
        multiprocessing.Process(target=run_task, args=(*task, rank, arguments.tasks, queue))
        for rank in range(arguments.tasks)
    ]
    for process in processes:
        process.start()
    rows = [queue.get() for _ in processes]
    for process in processes:
        process.join()
    n_pages = sum(row.n_pages for row in rows)
    cpu = sum(row.cpu_seconds for row in rows) / n_pages
    logger.remove()
    bare = measure_bare(*task) if arguments.tasks == 1 else None
    print(f"{n_pages} pages, {arguments.tasks} tasks: {sum(row.n_pages / row.seconds for row in rows):.1f} pages/s")
    print(f"CPU: {1000 * cpu:.1f} ms a page" + (f", of which sift() alone {1000 * bare:.1f} ms" if bare else ""))
    reader, sandbox = (max(getattr(row, name) for row in rows) / 1000 for name in ("reader_kb", "sandbox_kb"))
    print(f"peak memory of a task: reader {reader:.0f} MB, sandbox {sandbox:.0f} MB")
    print(f"a billion such pages: {BILLION * cpu / 3600:,.0f} core hours")


if __name__ == "__main__":
    main()
