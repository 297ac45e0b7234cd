"""The API's description (OpenAPI 3.1) and the page that shows it.

Most of it is read off the views; here is what is alike everywhere: problem bodies, ways to sign in, words for what a
resource can do.
"""
