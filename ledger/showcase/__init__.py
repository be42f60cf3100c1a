"""What the public pages show: read from what was published, never from the books, so anybody gets the same.

summary   leaves, added up one by one: months, funds, places      (pure)
table     what a table may show: small groups stay hidden         (pure)
reading   the summary of a log, kept up to date                   state   checkpoint, witnesses, quorum
"""
