-- The two group roles and exactly what they may do; applied by `wadozip migrate` after the migrations, again and again.
-- Give them to the accounts that the programs log in as:  GRANT wadozip_reader TO "www-data";

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['wadozip_reader', 'wadozip_writer'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- made by somebody else at this very moment
            END;
        END IF;
    END LOOP;
END $$;

REVOKE ALL ON SCHEMA wadozip FROM PUBLIC, wadozip_reader, wadozip_writer;
REVOKE ALL ON ALL TABLES IN SCHEMA wadozip FROM PUBLIC, wadozip_reader, wadozip_writer;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA wadozip FROM PUBLIC, wadozip_reader, wadozip_writer;

GRANT USAGE ON SCHEMA wadozip TO wadozip_reader, wadozip_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA wadozip TO wadozip_reader, wadozip_writer;

-- What the responder learns while it works.
GRANT INSERT, UPDATE ON form, digest TO wadozip_reader;
GRANT UPDATE (mtime_ns, deflated_size, deflated_by) ON instance TO wadozip_reader;

GRANT INSERT, UPDATE, DELETE ON root, study, series, instance, other_file, form, digest, gone TO wadozip_writer;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA wadozip TO wadozip_writer;
