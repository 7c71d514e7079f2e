"""Corpora, synthetic junk, training and evaluation: what builds the models, never what runs them."""
