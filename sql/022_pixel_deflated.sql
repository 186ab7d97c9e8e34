-- SPDX-License-Identifier: MIT
-- Deflated sizes of pixel data, with which archives of de-identified instances are deflated and have a length. No row is
-- written: the column has no domain, and is NULL until `wadozip index` with index_deflate = 2, or a request, learns it.
-- Applied by `wadozip migrate` in one transaction with the search path wadozip, pg_temp.

ALTER TABLE instance ADD COLUMN pixel_deflated_size bigint CHECK (pixel_deflated_size >= 0);
ALTER TYPE incoming ADD ATTRIBUTE pixel_deflated_size bigint;

COMMENT ON COLUMN instance.pixel_deflated_size IS
    'bytes of Pixel Data as a part of a deflate stream, by the compressor deflated_by; pixel_length: not smaller';

-- One of the two sizes can be known without the other.
DO $$
DECLARE
    c text;
BEGIN
    FOR c IN SELECT conname FROM pg_constraint WHERE conrelid = 'instance'::regclass AND contype = 'c'
             AND pg_get_constraintdef(oid) ~ 'deflated_size IS NULL' LOOP
        EXECUTE format('ALTER TABLE instance DROP CONSTRAINT %I', c);
    END LOOP;
END $$;
ALTER TABLE instance ADD CHECK ((deflated_by IS NOT NULL) = (num_nonnulls(deflated_size, pixel_deflated_size) > 0));

-- Select the files that are as the catalogue knows them: (path, size, mtime_ns) of one root. An instance is excluded, so
-- that its file is read again, if its deflated size under this compressor (null: none), that of its pixel data (pixels),
-- its directory record keys, its default size, the place of its pixel data or (digests) its SHA-256 are not known.
DROP FUNCTION known(text, json, text, boolean);
CREATE FUNCTION known(of_root text, files json, compressor text, pixels boolean, digests boolean) RETURNS SETOF verdict
LANGUAGE sql STABLE SET search_path = wadozip, pg_temp SET enable_seqscan = off AS $$
    SELECT f.ord, CASE WHEN i.id IS NOT NULL THEN 'unchanged' ELSE o.kind END, o.reason, k.root, k.path
    FROM json_populate_recordset(NULL::incoming, files) f
    LEFT JOIN LATERAL (SELECT i.id, i.size, i.mtime_ns, i.crc32, i.deflated_by, i.deflated_size, i.pixel_deflated_size,
                              i.record_keys, i.default_codec_version, i.pixel_offset
                       FROM instance i WHERE (i.root, i.path) = (of_root, f.path) LIMIT 1) i
        ON (i.size, i.mtime_ns) = (f.size, f.mtime_ns)
           AND (compressor IS NULL OR (compressor = i.deflated_by AND i.deflated_size IS NOT NULL
                                       AND (NOT pixels OR i.pixel_deflated_size IS NOT NULL)))
           AND i.record_keys IS NOT NULL AND i.default_codec_version IS NOT NULL AND i.pixel_offset IS NOT NULL
           AND (NOT digests OR i.crc32 = (SELECT d.crc32 FROM digest d WHERE d.instance_id = i.id))
    LEFT JOIN LATERAL (SELECT o.kind, o.reason, o.sop_uid, o.size, o.mtime_ns FROM other_file o
                       WHERE (o.root, o.path) = (of_root, f.path) LIMIT 1) o
        ON (o.size, o.mtime_ns) = (f.size, f.mtime_ns)
    LEFT JOIN LATERAL (SELECT k.root, k.path FROM instance k WHERE k.uid = o.sop_uid LIMIT 1) k ON true
    WHERE i.id IS NOT NULL OR o.kind IS NOT NULL
$$;

-- Insert files of UIDs that the catalogue does not hold, on paths that no instance holds.
CREATE OR REPLACE FUNCTION add_new(files incoming[]) RETURNS void
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    PERFORM place(files, false);
    DELETE FROM gone WHERE sop_uid = ANY (ARRAY(SELECT f.sop_uid FROM unnest(files) f));
    DELETE FROM other_file WHERE ctid = ANY (ARRAY(
        SELECT (SELECT o.ctid FROM other_file o WHERE (o.root, o.path) = (f.root, f.path)) FROM unnest(files) f));
    INSERT INTO instance (series_id, uid, number, sop_class, transfer_syntax, frames, rows, columns, bits, samples,
                          lossy, part10, root, path, size, mtime_ns, crc32, acquired, deflated_size, deflated_by,
                          pixel_deflated_size, record_keys, default_size, default_codec_version, pixel_offset,
                          pixel_length, pixel_crc, frame_table)
    SELECT series_of(f.study_uid, f.series_uid), f.sop_uid, f.number, f.sop_class, f.transfer_syntax, f.frames,
           f.rows, f.columns, f.bits, f.samples, f.lossy, f.part10, f.root, f.path, f.size, f.mtime_ns, f.crc32,
           f.acquired, f.deflated_size, f.deflated_by, f.pixel_deflated_size, f.record_keys, f.default_size,
           f.default_codec_version, f.pixel_offset, f.pixel_length, f.pixel_crc, f.frame_table
    FROM unnest(files) f;
END $$;

-- Replace the content of an instance of the same path and UID. Files that were compared with the old content are judged
-- again.
CREATE OR REPLACE FUNCTION replace_content(old instance, f incoming) RETURNS void
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
DECLARE
    to_series bigint;
BEGIN
    PERFORM place(ARRAY[f], true);
    to_series := series_of(f.study_uid, f.series_uid);
    UPDATE series se SET instances = se.instances + CASE WHEN se.id = to_series THEN 1 ELSE -1 END
    WHERE se.id IN (old.series_id, to_series) AND to_series <> old.series_id;
    UPDATE instance i SET
        series_id = to_series, number = f.number, sop_class = f.sop_class,
        transfer_syntax = f.transfer_syntax,
        frames = f.frames, rows = f.rows, columns = f.columns, bits = f.bits, samples = f.samples, lossy = f.lossy,
        part10 = f.part10, size = f.size, mtime_ns = f.mtime_ns, crc32 = f.crc32, acquired = f.acquired,
        updated = microseconds(now()), deflated_size = f.deflated_size, deflated_by = f.deflated_by,
        pixel_deflated_size = f.pixel_deflated_size,
        record_keys = f.record_keys, default_size = f.default_size, default_codec_version = f.default_codec_version,
        pixel_offset = f.pixel_offset, pixel_length = f.pixel_length, pixel_crc = f.pixel_crc, frame_table = f.frame_table
    WHERE i.id = old.id;
    DELETE FROM conversion WHERE instance_id = old.id;
    UPDATE other_file o SET kind = CASE WHEN (o.size, o.crc32) = (f.size, f.crc32) THEN 'copy' ELSE 'conflict' END
    WHERE o.sop_uid = f.sop_uid;
    PERFORM drop_empty(old.series_id);
END $$;

-- Record attributes of an unchanged file that an earlier run did not learn.
CREATE OR REPLACE FUNCTION keep_deflated(of_instance bigint, f incoming) RETURNS void
LANGUAGE sql SET search_path = wadozip, pg_temp AS $$
    UPDATE instance i SET deflated_size = CASE WHEN f.deflated_by IS NULL THEN i.deflated_size ELSE f.deflated_size END,
                          pixel_deflated_size = CASE WHEN f.deflated_by <> i.deflated_by THEN f.pixel_deflated_size
                                                ELSE coalesce(f.pixel_deflated_size, i.pixel_deflated_size) END,
                          deflated_by = coalesce(f.deflated_by, i.deflated_by),
                          record_keys = coalesce(f.record_keys, i.record_keys),
                          default_size = coalesce(f.default_size, i.default_size),
                          default_codec_version = coalesce(f.default_codec_version, i.default_codec_version),
                          pixel_offset = coalesce(f.pixel_offset, i.pixel_offset),
                          pixel_length = coalesce(f.pixel_length, i.pixel_length),
                          pixel_crc = coalesce(f.pixel_crc, i.pixel_crc),
                          frame_table = coalesce(f.frame_table, i.frame_table)
    WHERE i.id = of_instance
      AND num_nonnulls(f.deflated_by, f.record_keys, f.default_codec_version, f.pixel_offset) > 0;
    SELECT place(ARRAY[f], true) FROM instance i JOIN series se ON se.id = i.series_id
    WHERE i.id = of_instance AND se.body_part IS NULL AND f.body_part IS NOT NULL
$$;
