"""Where keys live: a folder in trial mode, memory in tests, a PKCS#11 token in production."""
