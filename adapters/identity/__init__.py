"""Who stands at the other end: the certificate that TLS verified, here or at a proxy beside us."""
