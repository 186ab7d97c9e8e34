-- The catalogue: which instances exist and where their files lie. Applied by `wadozip migrate` in one transaction with
-- the search path wadozip, pg_temp.

CREATE SCHEMA wadozip;

COMMENT ON SCHEMA wadozip IS 'wadozip: what DICOM instances exist and where their files lie';

CREATE TABLE schema_version (
    version int PRIMARY KEY CHECK (version > 0),
    name text NOT NULL UNIQUE,
    checksum text NOT NULL CHECK (checksum ~ '^[0-9a-f]{64}$'), -- SHA-256 of the file that was applied
    applied timestamptz NOT NULL DEFAULT now()
);

-- PS3.5 9.1 with the grammar of PS3.18 5.1.1.
CREATE DOMAIN uid AS text COLLATE "C"
    CHECK (length(VALUE) <= 64 AND VALUE ~ '^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*$');
CREATE DOMAIN uid_or_empty AS text COLLATE "C"
    CHECK (VALUE = '' OR length(VALUE) <= 64 AND VALUE ~ '^(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))*$');

-- A path beneath a root: bytes, because Linux names need not be UTF-8; no empty, . or .. component.
CREATE DOMAIN file_path AS bytea
    CHECK (octet_length(VALUE) BETWEEN 1 AND 4095 AND position('\x00'::bytea IN VALUE) = 0
           AND encode(VALUE, 'escape') !~ '(^|/)\.{0,2}(/|$)');
CREATE DOMAIN crc32 AS bigint CHECK (VALUE BETWEEN 0 AND 4294967295);
CREATE DOMAIN byte_count AS bigint CHECK (VALUE >= 0);

CREATE TABLE root (
    name text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z0-9_-]{1,32}$')
);

CREATE TABLE study (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uid uid NOT NULL UNIQUE,
    patient_id text NOT NULL,
    patient_name text NOT NULL,
    patient_birth_date text NOT NULL,
    patient_sex text NOT NULL,
    study_date text NOT NULL,
    study_time text NOT NULL,
    dicom_id text NOT NULL, -- Study ID (0020,0010)
    accession text NOT NULL,
    description text NOT NULL
);

-- A Series Instance UID that occurs in two studies is two series.
CREATE TABLE series (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    study_id bigint NOT NULL REFERENCES study,
    uid uid NOT NULL,
    modality text NOT NULL,
    number int NOT NULL, -- 2147483647: absent
    description text NOT NULL,
    UNIQUE (study_id, uid)
);

CREATE TABLE instance (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    series_id bigint NOT NULL REFERENCES series,
    uid uid NOT NULL UNIQUE,
    number int NOT NULL, -- 2147483647: absent
    sop_class uid_or_empty NOT NULL,
    transfer_syntax uid_or_empty NOT NULL,
    frames int NOT NULL CHECK (frames >= 0),
    rows int NOT NULL CHECK (rows >= 0),
    columns int NOT NULL CHECK (columns >= 0),
    bits int NOT NULL CHECK (bits >= 0),
    samples int NOT NULL CHECK (samples >= 0),
    lossy boolean NOT NULL,
    part10 boolean NOT NULL,
    root text COLLATE "C" NOT NULL REFERENCES root,
    path file_path NOT NULL,
    size byte_count NOT NULL,
    mtime_ns bigint NOT NULL,
    crc32 crc32 NOT NULL,
    acquired bigint NOT NULL CHECK (acquired BETWEEN 0 AND 99991231235960), -- YYYYMMDDhhmmss, 0: unknown
    updated timestamptz NOT NULL DEFAULT now(), -- when this content came in
    deflated_size byte_count,
    deflated_by text COLLATE "C", -- identity of the compressor that gives deflated_size
    UNIQUE (root, path),
    CHECK ((deflated_size IS NULL) = (deflated_by IS NULL))
);

CREATE INDEX instance_in_order ON instance (series_id, number, uid);

-- Known files that are not in the archive, so that they are skipped while they are unchanged.
CREATE TABLE other_file (
    root text COLLATE "C" NOT NULL REFERENCES root,
    path file_path NOT NULL,
    size byte_count NOT NULL,
    mtime_ns bigint NOT NULL,
    crc32 crc32 NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('copy', 'conflict', 'refused', 'not-dicom', 'dicomdir')),
    sop_uid uid,
    reason text NOT NULL,
    seen timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (root, path),
    CHECK ((kind IN ('copy', 'conflict')) = (sop_uid IS NOT NULL))
);

CREATE INDEX other_file_of_uid ON other_file (sop_uid) WHERE sop_uid IS NOT NULL;

-- The same SOP Instance UID in two files with different content: the first indexed stays.
CREATE VIEW conflict AS
    SELECT o.sop_uid, i.root AS kept_root, i.path AS kept_path, o.root, o.path, o.size, o.crc32, o.seen
    FROM other_file o JOIN instance i ON i.uid = o.sop_uid
    WHERE o.kind = 'conflict';

-- What converted members came out as. Of another source_crc32 than the instance's it is void.
CREATE TABLE form (
    instance_id bigint NOT NULL REFERENCES instance ON DELETE CASCADE,
    target uid NOT NULL,
    recipe int NOT NULL CHECK (recipe > 0),
    size byte_count NOT NULL,
    crc32 crc32 NOT NULL,
    deflated_size byte_count,
    source_crc32 crc32 NOT NULL,
    PRIMARY KEY (instance_id, target, recipe)
);

CREATE TABLE gone (
    sop_uid uid PRIMARY KEY,
    series_uid uid NOT NULL,
    study_uid uid NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX gone_of_study ON gone (study_uid, series_uid);

-- A file as an indexer describes it. class: instance, refused, not-dicom, dicomdir; UIDs are null unless instance.
CREATE TYPE incoming AS (
    ord int, root text, path bytea, size bigint, mtime_ns bigint, crc32 bigint, class text, reason text,
    study_uid text, series_uid text, sop_uid text, sop_class text, transfer_syntax text,
    patient_id text, patient_name text, patient_birth_date text, patient_sex text,
    study_date text, study_time text, dicom_id text, accession text, study_description text,
    modality text, series_number int, series_description text, number int,
    frames int, rows int, columns int, bits int, samples int, lossy boolean, part10 boolean, acquired bigint
);

-- What becomes of a file. kept_*: the file that holds the UID of a copy or a conflict.
CREATE TYPE verdict AS (ord int, outcome text, reason text, kept_root text, kept_path bytea);

-- Functions that write take this lock first: two writers at once wait for each other and cannot deadlock.
CREATE FUNCTION lock_writers() RETURNS void LANGUAGE sql AS
    $$ SELECT pg_advisory_xact_lock(20521, 1) $$;

-- Which of the files are as the catalogue knows them: (path, size, mtime_ns) of one root.
-- Joins by index whatever the statistics say: a batch is small, the tables are not, and may be new.
CREATE FUNCTION known(of_root text, files json) RETURNS SETOF verdict
LANGUAGE sql STABLE
SET search_path = wadozip, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
    SELECT f.ord, CASE WHEN i.id IS NOT NULL THEN 'unchanged' ELSE o.kind END, o.reason, k.root, k.path
    FROM json_populate_recordset(NULL::incoming, files) f
    LEFT JOIN instance i ON (i.root, i.path, i.size, i.mtime_ns) = (of_root, f.path, f.size, f.mtime_ns)
    LEFT JOIN other_file o ON (o.root, o.path, o.size, o.mtime_ns) = (of_root, f.path, f.size, f.mtime_ns)
    LEFT JOIN instance k ON k.uid = o.sop_uid
    WHERE i.id IS NOT NULL OR o.kind IS NOT NULL
$$;

-- Makes sure that the studies and series of the files exist; refresh: with the attributes that these files have.
CREATE FUNCTION place(files incoming[], refresh boolean) RETURNS void
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    INSERT INTO study (uid, patient_id, patient_name, patient_birth_date, patient_sex, study_date, study_time, dicom_id,
                       accession, description)
    SELECT DISTINCT ON (f.study_uid) f.study_uid, f.patient_id, f.patient_name, f.patient_birth_date, f.patient_sex,
           f.study_date, f.study_time, f.dicom_id, f.accession, f.study_description
    FROM unnest(files) f ORDER BY f.study_uid, f.ord
    ON CONFLICT (uid) DO UPDATE SET (patient_id, patient_name, patient_birth_date, patient_sex, study_date, study_time,
                                     dicom_id, accession, description) =
        (excluded.patient_id, excluded.patient_name, excluded.patient_birth_date, excluded.patient_sex,
         excluded.study_date, excluded.study_time, excluded.dicom_id, excluded.accession, excluded.description)
        WHERE refresh;
    INSERT INTO series (study_id, uid, modality, number, description)
    SELECT DISTINCT ON (st.id, f.series_uid) st.id, f.series_uid, f.modality, f.series_number, f.series_description
    FROM unnest(files) f JOIN study st ON st.uid = f.study_uid ORDER BY st.id, f.series_uid, f.ord
    ON CONFLICT (study_id, uid) DO UPDATE SET (modality, number, description) =
        (excluded.modality, excluded.number, excluded.description)
        WHERE refresh;
END $$;

-- Files of UIDs that the catalogue does not hold, on paths that no instance holds.
CREATE FUNCTION add_new(files incoming[]) RETURNS void
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    PERFORM place(files, false);
    DELETE FROM gone g USING unnest(files) f WHERE g.sop_uid = f.sop_uid;
    DELETE FROM other_file o USING unnest(files) f WHERE (o.root, o.path) = (f.root, f.path);
    INSERT INTO instance (series_id, uid, number, sop_class, transfer_syntax, frames, rows, columns, bits, samples, lossy,
                          part10, root, path, size, mtime_ns, crc32, acquired)
    SELECT se.id, f.sop_uid, f.number, f.sop_class, f.transfer_syntax, f.frames, f.rows, f.columns, f.bits, f.samples,
           f.lossy, f.part10, f.root, f.path, f.size, f.mtime_ns, f.crc32, f.acquired
    FROM unnest(files) f JOIN study st ON st.uid = f.study_uid JOIN series se ON (se.study_id, se.uid) = (st.id, f.series_uid);
END $$;

CREATE FUNCTION drop_empty(of_series bigint) RETURNS void
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
DECLARE
    of_study bigint;
BEGIN
    DELETE FROM series se WHERE se.id = of_series AND NOT EXISTS (SELECT FROM instance i WHERE i.series_id = se.id)
        RETURNING se.study_id INTO of_study;
    DELETE FROM study st WHERE st.id = of_study AND NOT EXISTS (SELECT FROM series se WHERE se.study_id = st.id);
END $$;

-- The instance's file is no longer what it was: a copy takes its place, else the instance is gone, and what was in
-- conflict with it is forgotten so that the next run may take it. True when it is gone.
CREATE FUNCTION release(old instance) RETURNS boolean
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
DECLARE
    heir other_file;
BEGIN
    SELECT * INTO heir FROM other_file o WHERE o.sop_uid = old.uid AND o.kind = 'copy' ORDER BY o.root, o.path LIMIT 1;
    IF FOUND THEN
        DELETE FROM other_file o WHERE (o.root, o.path) = (heir.root, heir.path);
        UPDATE instance i SET root = heir.root, path = heir.path, mtime_ns = heir.mtime_ns WHERE i.id = old.id;
        RETURN false;
    END IF;
    INSERT INTO gone (sop_uid, series_uid, study_uid)
        SELECT old.uid, se.uid, st.uid FROM series se JOIN study st ON st.id = se.study_id WHERE se.id = old.series_id;
    DELETE FROM instance i WHERE i.id = old.id;
    DELETE FROM other_file o WHERE o.sop_uid = old.uid;
    PERFORM drop_empty(old.series_id);
    RETURN true;
END $$;

-- The same path and UID with other content. Files that were compared with the old content are judged again.
CREATE FUNCTION replace_content(old instance, f incoming) RETURNS void
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    PERFORM place(ARRAY[f], true);
    UPDATE instance i SET
        series_id = se.id, number = f.number, sop_class = f.sop_class, transfer_syntax = f.transfer_syntax,
        frames = f.frames, rows = f.rows, columns = f.columns, bits = f.bits, samples = f.samples, lossy = f.lossy,
        part10 = f.part10, size = f.size, mtime_ns = f.mtime_ns, crc32 = f.crc32, acquired = f.acquired, updated = now(),
        deflated_size = NULL, deflated_by = NULL
    FROM study st JOIN series se ON se.study_id = st.id
    WHERE i.id = old.id AND st.uid = f.study_uid AND se.uid = f.series_uid;
    DELETE FROM form WHERE instance_id = old.id;
    UPDATE other_file o SET kind = CASE WHEN (o.size, o.crc32) = (f.size, f.crc32) THEN 'copy' ELSE 'conflict' END
    WHERE o.sop_uid = f.sop_uid;
    PERFORM drop_empty(old.series_id);
END $$;

CREATE FUNCTION put_other(f incoming, as_kind text) RETURNS void
LANGUAGE sql SET search_path = wadozip, pg_temp AS $$
    INSERT INTO other_file (root, path, size, mtime_ns, crc32, kind, sop_uid, reason)
    VALUES (f.root, f.path, f.size, f.mtime_ns, f.crc32, as_kind,
            CASE WHEN as_kind IN ('copy', 'conflict') THEN f.sop_uid END, coalesce(f.reason, ''))
    ON CONFLICT (root, path) DO UPDATE SET (size, mtime_ns, crc32, kind, sop_uid, reason, seen) =
        (excluded.size, excluded.mtime_ns, excluded.crc32, excluded.kind, excluded.sop_uid, excluded.reason, now())
$$;

-- One file against everything that the catalogue may know of its path and of its UID.
CREATE FUNCTION judge(f incoming) RETURNS verdict
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
DECLARE
    here instance;
    kept instance;
    kind text := f.class;
BEGIN
    SELECT * INTO here FROM instance i WHERE (i.root, i.path) = (f.root, f.path);
    IF here.uid = f.sop_uid AND (here.size, here.crc32, here.mtime_ns) = (f.size, f.crc32, f.mtime_ns) THEN
        RETURN (f.ord, 'unchanged', NULL, NULL, NULL)::verdict;
    ELSIF here.uid = f.sop_uid AND (here.size, here.crc32) = (f.size, f.crc32) THEN
        UPDATE instance i SET mtime_ns = f.mtime_ns WHERE i.id = here.id;
        RETURN (f.ord, 'touched', NULL, NULL, NULL)::verdict;
    ELSIF here.uid = f.sop_uid THEN
        PERFORM replace_content(here, f);
        RETURN (f.ord, 'changed', NULL, NULL, NULL)::verdict;
    ELSIF here.id IS NOT NULL THEN
        PERFORM release(here);
    END IF;
    IF f.sop_uid IS NOT NULL THEN
        SELECT * INTO kept FROM instance i WHERE i.uid = f.sop_uid;
        IF NOT FOUND THEN
            PERFORM add_new(ARRAY[f]);
            RETURN (f.ord, 'indexed', NULL, NULL, NULL)::verdict;
        END IF;
        kind := CASE WHEN (kept.size, kept.crc32) = (f.size, f.crc32) THEN 'copy' ELSE 'conflict' END;
    END IF;
    PERFORM put_other(f, kind);
    RETURN (f.ord, kind, f.reason, kept.root, kept.path)::verdict;
END $$;

-- A batch of files in walk order: one verdict each. Those that nothing is known of go in as sets, the others one by one.
CREATE FUNCTION ingest(batch json) RETURNS SETOF verdict
LANGUAGE plpgsql
SET search_path = wadozip, pg_temp SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off
AS $$
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
                 AND NOT EXISTS (SELECT FROM instance i WHERE i.uid = b.sop_uid)
                 AND NOT EXISTS (SELECT FROM instance i WHERE (i.root, i.path) = (b.root, b.path)) AS is_fresh
          FROM json_populate_recordset(NULL::incoming, batch) b) x;
    PERFORM add_new(fresh);
    RETURN QUERY SELECT b.ord, 'indexed', NULL::text, NULL::text, NULL::bytea FROM unnest(fresh) b;
    FOREACH f IN ARRAY coalesce(rest, '{}') LOOP
        RETURN NEXT judge(f);
    END LOOP;
END $$;

-- Files that are no longer there: 'gone' or 'moved' (to a copy) for instances, 'forgotten' for other files.
CREATE FUNCTION vanish(batch json) RETURNS SETOF verdict
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
DECLARE
    f incoming;
    here instance;
BEGIN
    PERFORM lock_writers();
    FOR f IN SELECT * FROM json_populate_recordset(NULL::incoming, batch) b ORDER BY b.ord LOOP
        SELECT * INTO here FROM instance i WHERE (i.root, i.path) = (f.root, f.path);
        IF FOUND THEN
            RETURN NEXT (f.ord, CASE WHEN release(here) THEN 'gone' ELSE 'moved' END, NULL, NULL, NULL)::verdict;
            CONTINUE;
        END IF;
        DELETE FROM other_file o WHERE (o.root, o.path) = (f.root, f.path);
        IF FOUND THEN
            RETURN NEXT (f.ord, 'forgotten', NULL, NULL, NULL)::verdict;
        END IF;
    END LOOP;
END $$;

-- Takes a study out whatever its files are; a later index run brings back those that still exist. The number of instances.
CREATE FUNCTION forget(study_uid text) RETURNS bigint
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
DECLARE
    ids bigint[];
    uids text[];
BEGIN
    PERFORM lock_writers();
    SELECT array_agg(i.id), array_agg(i.uid::text) INTO ids, uids
    FROM study st JOIN series se ON se.study_id = st.id JOIN instance i ON i.series_id = se.id WHERE st.uid = $1;
    INSERT INTO gone (sop_uid, series_uid, study_uid)
        SELECT i.uid, se.uid, $1 FROM instance i JOIN series se ON se.id = i.series_id WHERE i.id = ANY (ids);
    DELETE FROM other_file o WHERE o.sop_uid = ANY (uids);
    DELETE FROM instance i WHERE i.id = ANY (ids);
    DELETE FROM series se USING study st WHERE st.id = se.study_id AND st.uid = $1;
    DELETE FROM study st WHERE st.uid = $1;
    RETURN coalesce(cardinality(ids), 0);
END $$;
