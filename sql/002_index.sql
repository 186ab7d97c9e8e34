-- What an index run does to the catalogue: the functions that src/catalog/writer.c calls. Applied by `wadozip migrate`
-- in one transaction with the search path wadozip, pg_temp.

-- A file as an indexer describes it. class: instance, refused, not-dicom, dicomdir; UIDs are null unless instance.
CREATE TYPE incoming AS (
    ord int, root text, path bytea, size bigint, mtime_ns bigint, crc32 bigint, class text, reason text,
    study_uid text, series_uid text, sop_uid text, sop_class text, transfer_syntax text,
    patient_id text, patient_name text, patient_birth_date text, patient_sex text,
    study_date text, study_time text, dicom_id text, accession text, study_description text,
    modality text, series_number int, series_description text, number int,
    frames int, rows int, columns int, bits int, samples int, lossy boolean, part10 boolean, acquired bigint,
    deflated_size bigint, deflated_by text
);

-- What becomes of a file. kept_*: the file that holds the UID of a copy or a conflict.
CREATE TYPE verdict AS (ord int, outcome text, reason text, kept_root text, kept_path bytea);

-- Functions that write take this lock first: two writers at once wait for each other and cannot deadlock.
CREATE FUNCTION lock_writers() RETURNS void LANGUAGE sql AS
    $$ SELECT pg_advisory_xact_lock(20521, 1) $$;

-- In what follows a batch meets the tables by scalar and lateral subqueries, never by joins: these look up one index
-- entry for each file whatever the statistics say, and in a new catalogue, which grows while its plans are kept, they
-- say nothing.

-- Which of the files are as the catalogue knows them: (path, size, mtime_ns) of one root. An instance whose deflated size
-- under this compressor (null: none) is not known is not.
CREATE FUNCTION known(of_root text, files json, compressor text) RETURNS SETOF verdict
LANGUAGE sql STABLE SET search_path = wadozip, pg_temp SET enable_seqscan = off AS $$
    SELECT f.ord, CASE WHEN i.id IS NOT NULL THEN 'unchanged' ELSE o.kind END, o.reason, k.root, k.path
    FROM json_populate_recordset(NULL::incoming, files) f
    LEFT JOIN LATERAL (SELECT i.id, i.size, i.mtime_ns, i.deflated_by FROM instance i
                       WHERE (i.root, i.path) = (of_root, f.path) LIMIT 1) i
        ON (i.size, i.mtime_ns) = (f.size, f.mtime_ns) AND (compressor IS NULL OR compressor = i.deflated_by)
    LEFT JOIN LATERAL (SELECT o.kind, o.reason, o.sop_uid, o.size, o.mtime_ns FROM other_file o
                       WHERE (o.root, o.path) = (of_root, f.path) LIMIT 1) o
        ON (o.size, o.mtime_ns) = (f.size, f.mtime_ns)
    LEFT JOIN LATERAL (SELECT k.root, k.path FROM instance k WHERE k.uid = o.sop_uid LIMIT 1) k ON true
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
    SELECT (SELECT st.id FROM study st WHERE st.uid = f.study_uid), f.series_uid, f.modality, f.series_number,
           f.series_description
    FROM (SELECT DISTINCT ON (study_uid, series_uid) * FROM unnest(files) ORDER BY study_uid, series_uid, ord) f
    ON CONFLICT (study_id, uid) DO UPDATE SET (modality, number, description) =
        (excluded.modality, excluded.number, excluded.description)
        WHERE refresh;
END $$;

CREATE FUNCTION series_of(study_uid text, series_uid text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT se.id FROM wadozip.series se
    WHERE se.uid = $2 AND se.study_id = (SELECT st.id FROM wadozip.study st WHERE st.uid = $1)
$$;

-- Files of UIDs that the catalogue does not hold, on paths that no instance holds.
CREATE FUNCTION add_new(files incoming[]) RETURNS void
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    PERFORM place(files, false);
    DELETE FROM gone WHERE sop_uid = ANY (ARRAY(SELECT f.sop_uid FROM unnest(files) f));
    DELETE FROM other_file WHERE ctid = ANY (ARRAY(
        SELECT (SELECT o.ctid FROM other_file o WHERE (o.root, o.path) = (f.root, f.path)) FROM unnest(files) f));
    INSERT INTO instance (series_id, uid, number, sop_class, transfer_syntax, frames, rows, columns, bits, samples,
                          lossy, part10, root, path, size, mtime_ns, crc32, acquired, deflated_size, deflated_by)
    SELECT series_of(f.study_uid, f.series_uid), f.sop_uid, f.number, f.sop_class, f.transfer_syntax, f.frames,
           f.rows, f.columns, f.bits, f.samples, f.lossy, f.part10, f.root, f.path, f.size, f.mtime_ns, f.crc32,
           f.acquired, f.deflated_size, f.deflated_by
    FROM unnest(files) f;
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
        series_id = series_of(f.study_uid, f.series_uid), number = f.number, sop_class = f.sop_class,
        transfer_syntax = f.transfer_syntax,
        frames = f.frames, rows = f.rows, columns = f.columns, bits = f.bits, samples = f.samples, lossy = f.lossy,
        part10 = f.part10, size = f.size, mtime_ns = f.mtime_ns, crc32 = f.crc32, acquired = f.acquired,
        updated = microseconds(now()), deflated_size = f.deflated_size, deflated_by = f.deflated_by
    WHERE i.id = old.id;
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

CREATE FUNCTION keep_deflated(of_instance bigint, f incoming) RETURNS void
LANGUAGE sql SET search_path = wadozip, pg_temp AS $$
    UPDATE instance i SET (deflated_size, deflated_by) = (f.deflated_size, f.deflated_by)
    WHERE i.id = of_instance AND f.deflated_by IS NOT NULL
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
        PERFORM keep_deflated(here.id, f);
        RETURN (f.ord, 'unchanged', NULL, NULL, NULL)::verdict;
    ELSIF here.uid = f.sop_uid AND (here.size, here.crc32) = (f.size, f.crc32) THEN
        UPDATE instance i SET mtime_ns = f.mtime_ns WHERE i.id = here.id;
        PERFORM keep_deflated(here.id, f);
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

-- A batch of files in walk order: one verdict each. Those that nothing is known of go in as sets, the others one by
-- one.
CREATE FUNCTION ingest(batch json) RETURNS SETOF verdict
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

-- Takes a study out whatever its files are; a later index run brings back those that still exist. The number of
-- instances.
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
