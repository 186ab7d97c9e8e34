-- SPDX-License-Identifier: MIT
-- Two group roles and exactly what they may do; applied by `wadozip migrate` after the migrations, every time. Roles belong
-- to the whole cluster, so they are named after the database: an account that may read one catalogue reads no other.
-- Give them to the accounts that the programs log in as:  GRANT wadozip_reader TO "www-data";
--
-- Gives a row with the name of each role that does not exist and that this account may not create. The owner of the
-- schema needs neither.

DO $$
DECLARE
    kind text;
    role text;
    views CONSTANT text := 'wadozip_granted, wadozip_shared, wadozip_few, wadozip_many'; -- the schemas of restricted requests
BEGIN
    PERFORM pg_advisory_xact_lock(20521, 2);
    IF octet_length(current_database()) > 56 THEN
        RAISE EXCEPTION 'the name of database % has more than 56 bytes: its roles cannot be named after it',
            current_database();
    END IF;
    -- PostgreSQL would only warn.
    SELECT rolname INTO role FROM pg_namespace n JOIN pg_roles r ON r.oid = nspowner
        WHERE nspname = 'wadozip' AND NOT pg_has_role(nspowner, 'USAGE');
    IF FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = format('run it as %s, who owns the schema', role);
    END IF;

    EXECUTE 'REVOKE ALL ON SCHEMA wadozip FROM PUBLIC';
    EXECUTE 'REVOKE ALL ON ALL TABLES IN SCHEMA wadozip FROM PUBLIC';
    EXECUTE 'REVOKE ALL ON ALL FUNCTIONS IN SCHEMA wadozip FROM PUBLIC';
    EXECUTE format('REVOKE ALL ON SCHEMA %s FROM PUBLIC', views);
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM PUBLIC', views);

    FOREACH kind IN ARRAY ARRAY['reader', 'writer'] LOOP
        role := current_database() || '_' || kind;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN
                    NULL; -- made by somebody else at this very moment
                WHEN insufficient_privilege THEN
                    CONTINUE;
            END;
        END IF;
        EXECUTE format('REVOKE ALL ON SCHEMA wadozip FROM %I', role);
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA wadozip FROM %I', role);
        EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA wadozip FROM %I', role);
        EXECUTE format('REVOKE ALL ON SCHEMA %s FROM %I', views, role);
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM %I', views, role);
        EXECUTE format('GRANT USAGE ON SCHEMA wadozip TO %I', role);
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA wadozip TO %I', role);
        IF kind = 'reader' THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %s TO %I', views, role);
            EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %s TO %I', views, role);
            -- What the responder learns while it works.
            EXECUTE format('GRANT INSERT, UPDATE ON conversion, digest TO %I', role);
            EXECUTE format('GRANT UPDATE (mtime_ns, deflated_size, deflated_by, pixel_deflated_size, default_size,'
                           ' default_codec_version) ON instance TO %I', role);
            EXECUTE format('GRANT EXECUTE ON FUNCTION fold(text), reached(text), reached_series(text), reached_gone(text)'
                           ' TO %I', role);
            -- It records, and changes nothing.
            EXECUTE format('GRANT EXECUTE ON FUNCTION audit_add(text, json, int) TO %I', role);
            -- Tries of passcodes, finished downloads, and the digest of the archive.
            EXECUTE format('GRANT UPDATE (wrong_tries, downloads, archive_etag, archive_sha256) ON link TO %I', role);
            -- Links of users.
            EXECUTE format('GRANT EXECUTE ON FUNCTION share_link(bytea, text[], text, text, text, text, bigint, text, int,'
                           ' text, boolean, text), unshare_link(bigint, text, text) TO %I', role);
            -- It runs with the rights of the schema's owner: readers cannot change a collection, or delete one.
            EXECUTE format('GRANT EXECUTE ON FUNCTION collection_create(bigint[], text[], text, text, text) TO %I', role);
        ELSE
            EXECUTE format('GRANT INSERT, UPDATE, DELETE ON root, study, series, instance, other_file, conversion, digest,'
                           ' gone, collection, collection_series, collection_archive,'
                           ' grant_, grant_study, link TO %I', role);
            EXECUTE format('GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA wadozip TO %I', role);
        END IF;
    END LOOP;
END $$;

SELECT name FROM unnest(ARRAY[current_database() || '_reader', current_database() || '_writer']) name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name);
