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

-- Since 1970: a number costs a look-up of thousands of rows less than a date.
CREATE FUNCTION microseconds(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS
    $$ SELECT (extract(epoch FROM at) * 1000000)::bigint $$;

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
    updated bigint NOT NULL DEFAULT microseconds(now()), -- when this content came in
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
