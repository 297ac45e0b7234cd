"""What visitors of the school do there: each visit yields requests and is given the replies."""
