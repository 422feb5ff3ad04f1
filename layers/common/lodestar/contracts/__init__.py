"""The published language: one module per domain, with the events it emits and the views it offers.

A query function takes the reader's own session, so row-level security answers for the reader's organization.
"""
