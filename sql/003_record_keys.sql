-- What a DICOMDIR tells of an instance besides what other columns hold: the keys of its directory record (PS3.3 F.5),
-- elements encoded in Explicit VR Little Endian. Applied by `wadozip migrate` in one transaction with the search path
-- wadozip, pg_temp.

-- '': it has none, as images; NULL: not known yet, the next index run looks at the file again.
ALTER TABLE instance ADD COLUMN record_keys bytea DEFAULT '' CHECK (octet_length(record_keys) <= 131072);

-- The default gives '' to all rows without writing them. It is right for images, of which most archives consist.
UPDATE instance SET record_keys = NULL WHERE sop_class <> ALL (ARRAY(
    SELECT '1.2.840.10008.5.1.4.1.1.' || word FROM regexp_split_to_table(
        '1 1.1 1.1.1 1.2 1.2.1 1.3 1.3.1 2 2.1 2.2 3 3.1 4 4.1 4.3 4.4 5 6 6.1 6.2 6.3 7 7.1 7.2 7.3 7.4 12.1 12.1.1 '
        '12.2 12.2.1 12.3 13.1.1 13.1.2 13.1.3 13.1.4 13.1.5 14.1 14.2 20 30 66.4 66.7 66.8 77.1 77.2 77.1.1 77.1.1.1 '
        '77.1.2 77.1.2.1 77.1.3 77.1.4 77.1.4.1 77.1.5.1 77.1.5.2 77.1.5.4 77.1.5.5 77.1.5.6 77.1.5.7 77.1.5.8 77.1.6 '
        '77.1.7 77.1.8 77.1.9 81.1 82.1 128 128.1 130 481.1 481.23 481.24 501.1 501.2.1 501.2.2 501.4 501.5 601.1 601.2',
        ' ') word));
ALTER TABLE instance ALTER COLUMN record_keys DROP DEFAULT;

ALTER TYPE incoming ADD ATTRIBUTE record_keys bytea;

-- Which of the files are as the catalogue knows them: (path, size, mtime_ns) of one root. An instance whose deflated size
-- under this compressor (null: none) is not known, or what a DICOMDIR tells of it, is not.
CREATE OR REPLACE FUNCTION known(of_root text, files json, compressor text) RETURNS SETOF verdict
LANGUAGE sql STABLE SET search_path = wadozip, pg_temp SET enable_seqscan = off AS $$
    SELECT f.ord, CASE WHEN i.id IS NOT NULL THEN 'unchanged' ELSE o.kind END, o.reason, k.root, k.path
    FROM json_populate_recordset(NULL::incoming, files) f
    LEFT JOIN LATERAL (SELECT i.id, i.size, i.mtime_ns, i.deflated_by, i.record_keys FROM instance i
                       WHERE (i.root, i.path) = (of_root, f.path) LIMIT 1) i
        ON (i.size, i.mtime_ns) = (f.size, f.mtime_ns) AND (compressor IS NULL OR compressor = i.deflated_by)
           AND i.record_keys IS NOT NULL
    LEFT JOIN LATERAL (SELECT o.kind, o.reason, o.sop_uid, o.size, o.mtime_ns FROM other_file o
                       WHERE (o.root, o.path) = (of_root, f.path) LIMIT 1) o
        ON (o.size, o.mtime_ns) = (f.size, f.mtime_ns)
    LEFT JOIN LATERAL (SELECT k.root, k.path FROM instance k WHERE k.uid = o.sop_uid LIMIT 1) k ON true
    WHERE i.id IS NOT NULL OR o.kind IS NOT NULL
$$;

-- Files of UIDs that the catalogue does not hold, on paths that no instance holds.
CREATE OR REPLACE FUNCTION add_new(files incoming[]) RETURNS void
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    PERFORM place(files, false);
    DELETE FROM gone WHERE sop_uid = ANY (ARRAY(SELECT f.sop_uid FROM unnest(files) f));
    DELETE FROM other_file WHERE ctid = ANY (ARRAY(
        SELECT (SELECT o.ctid FROM other_file o WHERE (o.root, o.path) = (f.root, f.path)) FROM unnest(files) f));
    INSERT INTO instance (series_id, uid, number, sop_class, transfer_syntax, frames, rows, columns, bits, samples,
                          lossy, part10, root, path, size, mtime_ns, crc32, acquired, deflated_size, deflated_by,
                          record_keys)
    SELECT series_of(f.study_uid, f.series_uid), f.sop_uid, f.number, f.sop_class, f.transfer_syntax, f.frames,
           f.rows, f.columns, f.bits, f.samples, f.lossy, f.part10, f.root, f.path, f.size, f.mtime_ns, f.crc32,
           f.acquired, f.deflated_size, f.deflated_by, f.record_keys
    FROM unnest(files) f;
END $$;

-- The same path and UID with other content. Files that were compared with the old content are judged again.
CREATE OR REPLACE FUNCTION replace_content(old instance, f incoming) RETURNS void
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    PERFORM place(ARRAY[f], true);
    UPDATE instance i SET
        series_id = series_of(f.study_uid, f.series_uid), number = f.number, sop_class = f.sop_class,
        transfer_syntax = f.transfer_syntax,
        frames = f.frames, rows = f.rows, columns = f.columns, bits = f.bits, samples = f.samples, lossy = f.lossy,
        part10 = f.part10, size = f.size, mtime_ns = f.mtime_ns, crc32 = f.crc32, acquired = f.acquired,
        updated = microseconds(now()), deflated_size = f.deflated_size, deflated_by = f.deflated_by,
        record_keys = f.record_keys
    WHERE i.id = old.id;
    DELETE FROM form WHERE instance_id = old.id;
    UPDATE other_file o SET kind = CASE WHEN (o.size, o.crc32) = (f.size, f.crc32) THEN 'copy' ELSE 'conflict' END
    WHERE o.sop_uid = f.sop_uid;
    PERFORM drop_empty(old.series_id);
END $$;

-- What an earlier run did not learn of an unchanged file: its deflated size, and what a DICOMDIR tells of it.
CREATE OR REPLACE FUNCTION keep_deflated(of_instance bigint, f incoming) RETURNS void
LANGUAGE sql SET search_path = wadozip, pg_temp AS $$
    UPDATE instance i SET deflated_size = CASE WHEN f.deflated_by IS NULL THEN i.deflated_size ELSE f.deflated_size END,
                          deflated_by = coalesce(f.deflated_by, i.deflated_by),
                          record_keys = coalesce(f.record_keys, i.record_keys)
    WHERE i.id = of_instance AND (f.deflated_by IS NOT NULL OR f.record_keys IS NOT NULL)
$$;
