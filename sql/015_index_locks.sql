-- SPDX-License-Identifier: MIT
-- Several indexers at once: a batch of files that are new to the catalogue locks their studies only. Applied by
-- `wadozip migrate` in one transaction with the search path wadozip, pg_temp.

-- Return whether the batch may touch studies that its files do not name: a path or a SOP Instance UID is known, or a UID
-- occurs twice.
CREATE FUNCTION needs_all_studies(files incoming[]) RETURNS boolean
LANGUAGE sql STABLE SET search_path = wadozip, pg_temp SET enable_seqscan = off AS $$
    SELECT EXISTS (SELECT FROM unnest(files) f
                   WHERE (SELECT i.id FROM instance i WHERE (i.root, i.path) = (f.root, f.path)) IS NOT NULL
                      OR (SELECT i.id FROM instance i WHERE i.uid = f.sop_uid) IS NOT NULL)
        OR EXISTS (SELECT FROM unnest(files) f WHERE f.sop_uid IS NOT NULL GROUP BY f.sop_uid HAVING count(*) > 1)
$$;

-- Wait for writers of the same studies, in an order that excludes deadlocks, and for those that lock everything. At most
-- 1,024 locks, which two studies may share: the server's table of locks is small.
CREATE FUNCTION lock_studies(files incoming[]) RETURNS void
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
DECLARE
    number int;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(20521, 1);
    FOR number IN SELECT DISTINCT hashtext(f.study_uid) & 1023 FROM unnest(files) f WHERE f.study_uid IS NOT NULL ORDER BY 1
    LOOP
        PERFORM pg_advisory_xact_lock(20522, number);
    END LOOP;
END $$;

-- A batch of files in walk order: one verdict each. Those that nothing is known of are inserted as sets, the others one by
-- one. Fails with serialization_failure, to be repeated, if another indexer has inserted one of them meanwhile.
CREATE OR REPLACE FUNCTION ingest(batch json) RETURNS SETOF verdict
LANGUAGE plpgsql SET search_path = wadozip, pg_temp SET enable_seqscan = off AS $$
DECLARE
    files incoming[] := ARRAY(SELECT b FROM json_populate_recordset(NULL::incoming, batch) b);
    everything boolean := needs_all_studies(files);
    fresh incoming[];
    rest incoming[];
    f incoming;
BEGIN
    IF everything THEN
        PERFORM lock_writers();
    ELSE
        PERFORM lock_studies(files);
    END IF;
    INSERT INTO root (name) SELECT DISTINCT b.root FROM unnest(files) b ON CONFLICT DO NOTHING;
    SELECT array_agg(x.f) FILTER (WHERE x.is_fresh), array_agg(x.f ORDER BY (x.f).ord) FILTER (WHERE NOT x.is_fresh)
    INTO fresh, rest
    FROM (SELECT b AS f, b.sop_uid IS NOT NULL AND count(*) OVER (PARTITION BY b.sop_uid) = 1
                 AND (SELECT i.id FROM instance i WHERE i.uid = b.sop_uid) IS NULL
                 AND (SELECT i.id FROM instance i WHERE (i.root, i.path) = (b.root, b.path)) IS NULL AS is_fresh
          FROM unnest(files) b) x;
    IF NOT everything AND needs_all_studies(rest) THEN
        RAISE serialization_failure USING MESSAGE = 'another indexer has recorded one of these files';
    END IF;
    BEGIN
        PERFORM add_new(fresh);
    EXCEPTION WHEN unique_violation THEN -- of a UID in another study
        RAISE serialization_failure USING MESSAGE = 'another indexer has recorded one of these files';
    END;
    RETURN QUERY SELECT b.ord, 'indexed', NULL::text, NULL::text, NULL::bytea FROM unnest(fresh) b;
    FOREACH f IN ARRAY coalesce(rest, '{}') LOOP
        RETURN NEXT judge(f);
    END LOOP;
    PERFORM keep_digests(fresh || rest);
END $$;
