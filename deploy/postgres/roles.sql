-- What a database administrator makes once, as a superuser connected to the database of the exchange:
--
--   createdb verzuim
--   psql --dbname=verzuim --file=roles.sql
--   psql --dbname=verzuim                      then, for each login:  \password exchange_gateway
--
-- After this nothing of the exchange needs a superuser, and no password stands in any file of ours but
-- the passfiles. Safe to repeat. The groups get their rights on tables from `exchange migrate`.

-- 1. Groups: who owns the tables, and who may do what with them. Nobody logs in as a group.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'verzuim_migrator',  -- owns the tables
        'verzuim_api',       -- the gateway
        'verzuim_worker',    -- the workers: notices and counts
        'verzuim_purge',     -- the workers: what erases
        'verzuim_sealer',    -- the workers: what seals the log, and sees no record
        'verzuim_reader',    -- who verifies the log
        'verzuim_operator'   -- the commands of the administration
    ] LOOP
        IF to_regrole(name) IS NULL THEN
            EXECUTE format('CREATE ROLE %I', name);
        END IF;
        EXECUTE format(
            'ALTER ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', name
        );
    END LOOP;
END
$$;

-- 2. Logins: one for each part, a member of one group and of nothing else. What the server logs about
--    them carries no value: an error's own text and a parameter can both be somebody's.
DO $$
DECLARE
    login text;
    its_group text;
BEGIN
    FOR login, its_group IN VALUES
        ('exchange_migrator', 'verzuim_migrator'),
        ('exchange_gateway', 'verzuim_api'),
        ('exchange_worker', 'verzuim_worker'),
        ('exchange_purge', 'verzuim_purge'),
        ('exchange_sealer', 'verzuim_sealer'),
        ('exchange_reader', 'verzuim_reader'),
        ('exchange_operator', 'verzuim_operator')
    LOOP
        IF to_regrole(login) IS NULL THEN
            EXECUTE format('CREATE ROLE %I', login);
        END IF;
        EXECUTE format(
            'ALTER ROLE %I LOGIN INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS',
            login
        );
        EXECUTE format('GRANT %I TO %I', its_group, login);
        EXECUTE format('ALTER ROLE %I SET log_parameter_max_length = 0', login);
        EXECUTE format('ALTER ROLE %I SET log_parameter_max_length_on_error = 0', login);
        EXECUTE format('ALTER ROLE %I SET log_error_verbosity = terse', login);
    END LOOP;
END
$$;

-- 3. This database: its tables belong to the migrator, and it is closed to everybody else.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I OWNER TO verzuim_migrator', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
END
$$;
