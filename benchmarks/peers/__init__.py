"""A small Django project, the same for every way of recording changes: bare, the event log's two, and its peers.

Each way has a process of its own (they all change Django), an environment with the peers installed, and a database of
its own on the same server. `benchmarks.changes` starts the processes and tells them whose turn it is.
"""
