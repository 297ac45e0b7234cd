"""Numbers about events: counts kept while they are stored, and the questions that are answered from them."""
