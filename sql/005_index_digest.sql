-- The index may learn SHA-256, too. Applied by `wadozip migrate` in one transaction with the search path wadozip, pg_temp.

ALTER TYPE incoming ADD ATTRIBUTE sha256 bytea;

-- Which of the files are as the catalogue knows them: (path, size, mtime_ns) of one root. An instance is not whose deflated
-- size under this compressor (null: none) is not known, or what a DICOMDIR tells of it, or (digests) its SHA-256.
DROP FUNCTION known(text, json, text);
CREATE FUNCTION known(of_root text, files json, compressor text, digests boolean) RETURNS SETOF verdict
LANGUAGE sql STABLE SET search_path = wadozip, pg_temp SET enable_seqscan = off AS $$
    SELECT f.ord, CASE WHEN i.id IS NOT NULL THEN 'unchanged' ELSE o.kind END, o.reason, k.root, k.path
    FROM json_populate_recordset(NULL::incoming, files) f
    LEFT JOIN LATERAL (SELECT i.id, i.size, i.mtime_ns, i.crc32, i.deflated_by, i.record_keys FROM instance i
                       WHERE (i.root, i.path) = (of_root, f.path) LIMIT 1) i
        ON (i.size, i.mtime_ns) = (f.size, f.mtime_ns) AND (compressor IS NULL OR compressor = i.deflated_by)
           AND i.record_keys IS NOT NULL
           AND (NOT digests OR i.crc32 = (SELECT d.crc32 FROM digest d WHERE d.instance_id = i.id))
    LEFT JOIN LATERAL (SELECT o.kind, o.reason, o.sop_uid, o.size, o.mtime_ns FROM other_file o
                       WHERE (o.root, o.path) = (of_root, f.path) LIMIT 1) o
        ON (o.size, o.mtime_ns) = (f.size, f.mtime_ns)
    LEFT JOIN LATERAL (SELECT k.root, k.path FROM instance k WHERE k.uid = o.sop_uid LIMIT 1) k ON true
    WHERE i.id IS NOT NULL OR o.kind IS NOT NULL
$$;

CREATE FUNCTION keep_digests(files incoming[]) RETURNS void
LANGUAGE sql SET search_path = wadozip, pg_temp AS $$
    INSERT INTO digest AS d (instance_id, crc32, sha256)
    SELECT i.id, i.crc32, f.sha256 FROM unnest(files) f
    CROSS JOIN LATERAL (SELECT i.id, i.crc32 FROM instance i WHERE (i.root, i.path) = (f.root, f.path) LIMIT 1) i
    WHERE f.sha256 IS NOT NULL AND f.crc32 = i.crc32
    ON CONFLICT (instance_id) DO UPDATE SET (crc32, sha256) = (excluded.crc32, excluded.sha256)
        WHERE d.crc32 <> excluded.crc32
$$;

-- A batch of files in walk order: one verdict each. Those that nothing is known of go in as sets, the others one by
-- one.
CREATE OR REPLACE FUNCTION ingest(batch json) RETURNS SETOF verdict
LANGUAGE plpgsql SET search_path = wadozip, pg_temp SET enable_seqscan = off AS $$
DECLARE
    fresh incoming[];
    rest incoming[];
    f incoming;
BEGIN
    PERFORM lock_writers();
    INSERT INTO root (name) SELECT DISTINCT b.root FROM json_populate_recordset(NULL::incoming, batch) b
        ON CONFLICT DO NOTHING;
    SELECT array_agg(x.f) FILTER (WHERE x.is_fresh), array_agg(x.f ORDER BY (x.f).ord) FILTER (WHERE NOT x.is_fresh)
    INTO fresh, rest
    FROM (SELECT b AS f, b.sop_uid IS NOT NULL AND count(*) OVER (PARTITION BY b.sop_uid) = 1
                 AND (SELECT i.id FROM instance i WHERE i.uid = b.sop_uid) IS NULL
                 AND (SELECT i.id FROM instance i WHERE (i.root, i.path) = (b.root, b.path)) IS NULL AS is_fresh
          FROM json_populate_recordset(NULL::incoming, batch) b) x;
    PERFORM add_new(fresh);
    RETURN QUERY SELECT b.ord, 'indexed', NULL::text, NULL::text, NULL::bytea FROM unnest(fresh) b;
    FOREACH f IN ARRAY coalesce(rest, '{}') LOOP
        RETURN NEXT judge(f);
    END LOOP;
    PERFORM keep_digests(fresh || rest);
END $$;
