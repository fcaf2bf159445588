"""Who may come in: this machine without a login, people with one, programs with a token; and what each may do."""
