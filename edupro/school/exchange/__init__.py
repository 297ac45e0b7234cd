"""Tables of the school's records, in and out: Excel and CSV.

In the order in which a file goes: `uploads` bounds it, `table` reads it (by `package` and `workbook`, or `delimited`),
`plan` says what it would change, `applying` does so. The way out is `export`, with `template` for who begins with none.
`api` and `admin` are the doors, `signals` says what has passed through them.
"""
