"""How the event log and the site are, for those who watch over them: health checks and Prometheus."""
