#!/bin/sh
# Gives each login the password that stands for it in a passfile, as `\password` does by hand:
#
#   passwords.sh DATABASE PASSFILE...
#
# Nothing of a password is in an argument or in the environment: the shell itself writes the
# statements to psql. The server keeps a SCRAM verifier, and is told to log nothing of this session.
set -eu
database=$1
shift
statements=$(
  cat "$@" | while IFS=: read -r _ _ _ login password; do
    case $login in exchange_*) ;; *) continue ;; esac
    case $login in *[!a-z_]*) echo 'a login has small letters and _' >&2 && exit 1 ;; esac
    case $password in
    *[!A-Za-z0-9_-]* | '') echo "$login: a password has letters, digits, - and _" >&2 && exit 1 ;;
    esac
    printf "ALTER ROLE %s PASSWORD '%s';\n" "$login" "$password"
  done
)
psql --quiet --no-psqlrc --set=ON_ERROR_STOP=1 --dbname="$database" <<END
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET password_encryption = 'scram-sha-256'; -- pragma: allowlist secret
BEGIN;
$statements
COMMIT;
END
