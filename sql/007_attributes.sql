-- Attributes of instances that an index run learns in the pass that reads the file anyway. Applied by `wadozip migrate` in
-- one transaction with the search path wadozip, pg_temp. Everything that rewrites the table is in one ALTER TABLE.

-- UIDs as the setting lenient_uids allows them: at most 64 digits and dots, the first and the last a digit. The programs
-- refuse those that the setting does not allow. All values that are there satisfy the narrower rule, hence NOT VALID.
ALTER DOMAIN uid DROP CONSTRAINT uid_check;
ALTER DOMAIN uid ADD CONSTRAINT uid_check
    CHECK (length(VALUE) <= 64 AND VALUE ~ '^[0-9]([0-9.]*[0-9])?$') NOT VALID;
ALTER DOMAIN uid_or_empty DROP CONSTRAINT uid_or_empty_check;
ALTER DOMAIN uid_or_empty ADD CONSTRAINT uid_or_empty_check
    CHECK (VALUE = '' OR length(VALUE) <= 64 AND VALUE ~ '^[0-9]([0-9.]*[0-9])?$') NOT VALID;

-- default_size: bytes of the PS3.10 file in Explicit VR Little Endian with native pixel data, under the conversion recipe
-- default_recipe. 0: the file is sent as stored, or its size cannot be measured. default_recipe NULL: not looked at yet.

-- card: values with single spaces between: UID, number, root, size, mtime_ns, CRC-32, acquired, updated, deflated size and
-- its compressor ("0 -" if there is none), default size and its recipe ("0 0" if there is none), and to the end the path,
-- with octal digits for bytes that are not ASCII. src/catalog/card.c reads it.
-- pixel_offset, pixel_length, pixel_crc: where the value of Pixel Data (7FE0,0010) lies in the file, and its CRC-32. All 0:
-- there is none, or its place is not certain. NULL: not looked at yet. frame_table: src/dicom/frame_table.h; not compressed,
-- so that PostgreSQL reads only the entries that are asked for.
ALTER TABLE instance
    DROP COLUMN card,
    ADD COLUMN pixel_offset byte_count,
    ADD COLUMN pixel_length byte_count,
    ADD COLUMN pixel_crc crc32,
    ADD COLUMN frame_table bytea CHECK (octet_length(frame_table) >= 5),
    ALTER COLUMN frame_table SET STORAGE EXTERNAL,
    ADD CHECK (num_nulls(pixel_offset, pixel_length, pixel_crc, frame_table) IN (0, 4)),
    ADD COLUMN default_size byte_count,
    ADD COLUMN default_recipe int CHECK (default_recipe > 0),
    ADD CHECK ((default_size IS NULL) = (default_recipe IS NULL)),
    ADD COLUMN card text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
        uid::text || ' ' || number::text || ' ' || root || ' ' || size::text || ' ' || mtime_ns::text || ' '
        || crc32::text || ' ' || acquired::text || ' ' || updated::text || ' ' || coalesce(deflated_size::text, '0')
        || ' ' || coalesce(replace(deflated_by, ' ', '_'), '-') || ' ' || coalesce(default_size::text, '0') || ' '
        || coalesce(default_recipe::text, '0') || ' ' || encode(path, 'escape')) STORED;

ALTER TYPE incoming ADD ATTRIBUTE default_size bigint, ADD ATTRIBUTE default_recipe int, ADD ATTRIBUTE pixel_offset bigint,
    ADD ATTRIBUTE pixel_length bigint, ADD ATTRIBUTE pixel_crc bigint, ADD ATTRIBUTE frame_table bytea;

-- Search (QIDO-RS). NULL: not looked at yet; '': absent.
ALTER TABLE study
    ADD COLUMN referring_physician text,
    ADD COLUMN patient_issuer text; -- Issuer of Patient ID (0010,0021)
ALTER TABLE series
    ADD COLUMN date text,
    ADD COLUMN time text,
    ADD COLUMN body_part text,
    ADD COLUMN pps_date text, -- Performed Procedure Step Start Date (0040,0244)
    ADD COLUMN pps_time text,
    ADD COLUMN sps_id text, -- Scheduled Procedure Step ID (0040,0009) of the first Request Attributes Sequence item
    ADD COLUMN requested_id text, -- Requested Procedure ID (0040,1001) of the same item
    ADD COLUMN instances int NOT NULL DEFAULT 0 CHECK (instances >= 0);

UPDATE series se SET instances = (SELECT count(*) FROM instance i WHERE i.series_id = se.id);

-- Names are compared without case, accents and the separators at the end of their groups. Only a database in UTF-8 knows
-- which letters have accents; in the locale C only ICU knows capitals beyond ASCII.
DO $do$
DECLARE
    capitals text := CASE WHEN EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu'
                                       AND collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding())))
                     THEN 'COLLATE pg_catalog."und-x-icu"' ELSE '' END;
    plain text := CASE WHEN getdatabaseencoding() = 'UTF8'
                  THEN $sql$ regexp_replace(normalize(name, NFD), '[\u0300-\u036f]', '', 'g') $sql$ ELSE 'name' END;
BEGIN
    EXECUTE format($sql$ CREATE FUNCTION fold(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
        $$ SELECT regexp_replace(lower(%s %s), '[\^ ]+(=|$)', '\1', 'g') $$ $sql$, plain, capitals);
END $do$;

ALTER TABLE study
    ADD COLUMN folded_name text NOT NULL GENERATED ALWAYS AS (wadozip.fold(patient_name)) STORED,
    ADD COLUMN folded_referring text GENERATED ALWAYS AS (wadozip.fold(referring_physician)) STORED;

CREATE INDEX study_newest ON study (study_date DESC, study_time DESC, id DESC);
CREATE INDEX study_of_patient ON study (patient_id);
CREATE INDEX study_of_accession ON study (accession);
CREATE INDEX series_of_uid ON series (uid);

-- pg_trgm is a trusted extension. Without it a search for a name reads all studies.
DO $$
DECLARE
    operators text;
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
    SELECT format('%I.%I', n.nspname, o.opcname) INTO STRICT operators
    FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE o.opcname = 'gin_trgm_ops' LIMIT 1;
    EXECUTE 'CREATE INDEX study_of_name ON study USING gin (folded_name ' || operators || ')';
    EXECUTE 'CREATE INDEX study_of_referring ON study USING gin (folded_referring ' || operators || ')';
EXCEPTION
    WHEN insufficient_privilege OR feature_not_supported OR undefined_file OR invalid_schema_name OR no_data_found THEN
        NULL;
END $$;

-- Keep the number of instances of each series.
CREATE FUNCTION count_added() RETURNS trigger
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    UPDATE series se SET instances = se.instances + n.count
    FROM (SELECT series_id, count(*) FROM added GROUP BY series_id) n WHERE se.id = n.series_id;
    RETURN NULL;
END $$;

CREATE FUNCTION count_removed() RETURNS trigger
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    UPDATE series se SET instances = se.instances - n.count
    FROM (SELECT series_id, count(*) FROM removed GROUP BY series_id) n WHERE se.id = n.series_id;
    RETURN NULL;
END $$;

CREATE TRIGGER count_added AFTER INSERT ON instance REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_added();
CREATE TRIGGER count_removed AFTER DELETE ON instance REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_removed();

ALTER TYPE incoming
    ADD ATTRIBUTE referring_physician text, ADD ATTRIBUTE patient_issuer text, ADD ATTRIBUTE series_date text,
    ADD ATTRIBUTE series_time text, ADD ATTRIBUTE body_part text, ADD ATTRIBUTE pps_date text,
    ADD ATTRIBUTE pps_time text, ADD ATTRIBUTE sps_id text, ADD ATTRIBUTE requested_id text;

-- Ensure that the studies and series of the files exist; refresh: with the attributes that these files have.
CREATE OR REPLACE FUNCTION place(files incoming[], refresh boolean) RETURNS void
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    INSERT INTO study (uid, patient_id, patient_name, patient_birth_date, patient_sex, study_date, study_time, dicom_id,
                       accession, description, referring_physician, patient_issuer)
    SELECT DISTINCT ON (f.study_uid) f.study_uid, f.patient_id, f.patient_name, f.patient_birth_date, f.patient_sex,
           f.study_date, f.study_time, f.dicom_id, f.accession, f.study_description, f.referring_physician,
           f.patient_issuer
    FROM unnest(files) f ORDER BY f.study_uid, f.ord
    ON CONFLICT (uid) DO UPDATE SET (patient_id, patient_name, patient_birth_date, patient_sex, study_date, study_time,
                                     dicom_id, accession, description, referring_physician, patient_issuer) =
        (excluded.patient_id, excluded.patient_name, excluded.patient_birth_date, excluded.patient_sex,
         excluded.study_date, excluded.study_time, excluded.dicom_id, excluded.accession, excluded.description,
         excluded.referring_physician, excluded.patient_issuer)
        WHERE refresh;
    INSERT INTO series (study_id, uid, modality, number, description, date, time, body_part, pps_date, pps_time, sps_id,
                        requested_id)
    SELECT (SELECT st.id FROM study st WHERE st.uid = f.study_uid), f.series_uid, f.modality, f.series_number,
           f.series_description, f.series_date, f.series_time, f.body_part, f.pps_date, f.pps_time, f.sps_id,
           f.requested_id
    FROM (SELECT DISTINCT ON (study_uid, series_uid) * FROM unnest(files) ORDER BY study_uid, series_uid, ord) f
    ON CONFLICT (study_id, uid) DO UPDATE SET (modality, number, description, date, time, body_part, pps_date, pps_time,
                                               sps_id, requested_id) =
        (excluded.modality, excluded.number, excluded.description, excluded.date, excluded.time, excluded.body_part,
         excluded.pps_date, excluded.pps_time, excluded.sps_id, excluded.requested_id)
        WHERE refresh;
END $$;

-- Select the files that are as the catalogue knows them: (path, size, mtime_ns) of one root. An instance is excluded, so
-- that its file is read again, if its deflated size under this compressor (null: none), its directory record keys, its
-- default size, the place of its pixel data or (digests) its SHA-256 are not known.
CREATE OR REPLACE FUNCTION known(of_root text, files json, compressor text, digests boolean) RETURNS SETOF verdict
LANGUAGE sql STABLE SET search_path = wadozip, pg_temp SET enable_seqscan = off AS $$
    SELECT f.ord, CASE WHEN i.id IS NOT NULL THEN 'unchanged' ELSE o.kind END, o.reason, k.root, k.path
    FROM json_populate_recordset(NULL::incoming, files) f
    LEFT JOIN LATERAL (SELECT i.id, i.size, i.mtime_ns, i.crc32, i.deflated_by, i.record_keys, i.default_recipe,
                              i.pixel_offset
                       FROM instance i WHERE (i.root, i.path) = (of_root, f.path) LIMIT 1) i
        ON (i.size, i.mtime_ns) = (f.size, f.mtime_ns) AND (compressor IS NULL OR compressor = i.deflated_by)
           AND i.record_keys IS NOT NULL AND i.default_recipe IS NOT NULL AND i.pixel_offset IS NOT NULL
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
                          record_keys, default_size, default_recipe, pixel_offset, pixel_length, pixel_crc, frame_table)
    SELECT series_of(f.study_uid, f.series_uid), f.sop_uid, f.number, f.sop_class, f.transfer_syntax, f.frames,
           f.rows, f.columns, f.bits, f.samples, f.lossy, f.part10, f.root, f.path, f.size, f.mtime_ns, f.crc32,
           f.acquired, f.deflated_size, f.deflated_by, f.record_keys, f.default_size, f.default_recipe, f.pixel_offset,
           f.pixel_length, f.pixel_crc, f.frame_table
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
        record_keys = f.record_keys, default_size = f.default_size, default_recipe = f.default_recipe,
        pixel_offset = f.pixel_offset, pixel_length = f.pixel_length, pixel_crc = f.pixel_crc, frame_table = f.frame_table
    WHERE i.id = old.id;
    DELETE FROM form WHERE instance_id = old.id;
    UPDATE other_file o SET kind = CASE WHEN (o.size, o.crc32) = (f.size, f.crc32) THEN 'copy' ELSE 'conflict' END
    WHERE o.sop_uid = f.sop_uid;
    PERFORM drop_empty(old.series_id);
END $$;

-- Record attributes of an unchanged file that an earlier run did not learn.
CREATE OR REPLACE FUNCTION keep_deflated(of_instance bigint, f incoming) RETURNS void
LANGUAGE sql SET search_path = wadozip, pg_temp AS $$
    UPDATE instance i SET deflated_size = CASE WHEN f.deflated_by IS NULL THEN i.deflated_size ELSE f.deflated_size END,
                          deflated_by = coalesce(f.deflated_by, i.deflated_by),
                          record_keys = coalesce(f.record_keys, i.record_keys),
                          default_size = coalesce(f.default_size, i.default_size),
                          default_recipe = coalesce(f.default_recipe, i.default_recipe),
                          pixel_offset = coalesce(f.pixel_offset, i.pixel_offset),
                          pixel_length = coalesce(f.pixel_length, i.pixel_length),
                          pixel_crc = coalesce(f.pixel_crc, i.pixel_crc),
                          frame_table = coalesce(f.frame_table, i.frame_table)
    WHERE i.id = of_instance AND num_nonnulls(f.deflated_by, f.record_keys, f.default_recipe, f.pixel_offset) > 0;
    SELECT place(ARRAY[f], true) FROM instance i JOIN series se ON se.id = i.series_id
    WHERE i.id = of_instance AND se.body_part IS NULL AND f.body_part IS NOT NULL
$$;

-- Files that are not sent are named by study: that of the file's own Study Instance UID, NULL if that could not be read or the
-- file was looked at by an earlier version.
ALTER TABLE other_file ADD COLUMN study_uid uid;

CREATE OR REPLACE FUNCTION put_other(f incoming, as_kind text) RETURNS void
LANGUAGE sql SET search_path = wadozip, pg_temp AS $$
    INSERT INTO other_file (root, path, size, mtime_ns, crc32, kind, sop_uid, study_uid, reason)
    VALUES (f.root, f.path, f.size, f.mtime_ns, f.crc32, as_kind,
            CASE WHEN as_kind IN ('copy', 'conflict') THEN f.sop_uid END, f.study_uid, coalesce(f.reason, ''))
    ON CONFLICT (root, path) DO UPDATE SET (size, mtime_ns, crc32, kind, sop_uid, study_uid, reason, seen) =
        (excluded.size, excluded.mtime_ns, excluded.crc32, excluded.kind, excluded.sop_uid, excluded.study_uid,
         excluded.reason, now())
$$;

-- Studies of which files were refused, or are in conflict with another file of the same SOP Instance UID.
CREATE VIEW incomplete_study AS
    SELECT x.study_uid, count(*) FILTER (WHERE x.kind = 'refused') AS refused,
           count(*) FILTER (WHERE x.kind = 'conflict') AS conflicts
    FROM (SELECT o.kind, coalesce(o.study_uid,
                 (SELECT st.uid FROM instance i JOIN series se ON se.id = i.series_id JOIN study st ON st.id = se.study_id
                  WHERE i.uid = o.sop_uid)) AS study_uid
          FROM other_file o WHERE o.kind IN ('refused', 'conflict')) x
    GROUP BY x.study_uid;
