"""What is done, where a site wants it, against somebody who guesses passwords: the pair of address and account is
refused for a while. `blocks.py` knows the pairs, `backend.py` refuses them, `middleware.py` says so with 429."""
