#!/bin/sh
# What the database's image runs once, after roles.sql: it holds every password, each part its own.
sh /usr/local/share/verzuim-exchange/passwords.sh "$POSTGRES_DB" /run/secrets/passfile-all
