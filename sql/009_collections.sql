-- SPDX-License-Identifier: MIT
-- Collections: lists of instances, frozen when they are created, under an identifier derived from their content. Applied by
-- `wadozip migrate` in one transaction with the search path wadozip, pg_temp.

CREATE TABLE collection (
    id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[0-9a-f]{32}$'),
    profile text NOT NULL CHECK (profile = ''), -- of de-identification; '': none
    name text NOT NULL CHECK (length(name) <= 200),
    creator text NOT NULL CHECK (length(creator) <= 200),
    created timestamptz NOT NULL DEFAULT now(),
    studies int NOT NULL CHECK (studies > 0),
    series int NOT NULL CHECK (series > 0),
    instances bigint NOT NULL CHECK (instances > 0),
    bytes byte_count NOT NULL,   -- of the files
    crc_sum byte_count NOT NULL, -- of the CRC-32 of all files
    revision bigint NOT NULL DEFAULT 0 -- counts changes of its instances in the catalogue
);

-- Names and numbers are frozen, too: folders of an archive are made of them.
CREATE TABLE collection_series (
    collection_id text COLLATE "C" NOT NULL REFERENCES collection ON DELETE CASCADE,
    place int NOT NULL CHECK (place > 0), -- in the order of archives
    study_uid uid NOT NULL,
    series_uid uid NOT NULL,
    patient int NOT NULL CHECK (patient > 0), -- ordinal in the collection
    study int NOT NULL CHECK (study > 0),     -- ordinal of the patient's study
    study_date text NOT NULL,
    study_description text NOT NULL,
    number int NOT NULL,
    modality text NOT NULL,
    description text NOT NULL,
    uids text[] COLLATE "C" NOT NULL CHECK (cardinality(uids) > 0), -- SOP Instance UIDs
    bytes byte_count NOT NULL,
    crc_sum byte_count NOT NULL,
    PRIMARY KEY (collection_id, place),
    UNIQUE (collection_id, study_uid, series_uid)
);

CREATE INDEX collection_of_series ON collection_series (series_uid);

-- SHA-256 of archives of collections, by their entity tag.
CREATE TABLE collection_archive (
    collection_id text COLLATE "C" NOT NULL REFERENCES collection ON DELETE CASCADE,
    etag text COLLATE "C" NOT NULL CHECK (etag ~ '^[0-9a-f]{40}$'),
    bytes byte_count NOT NULL,
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    PRIMARY KEY (collection_id, etag)
);

-- What an archive depends on has changed: plans that were kept for the old revision are void.
CREATE FUNCTION collections_touch(of_series bigint[]) RETURNS void
LANGUAGE sql SET search_path = wadozip, pg_temp AS $$
    UPDATE collection SET revision = revision + 1 WHERE id IN (
        SELECT s.collection_id FROM collection_series s
        WHERE s.series_uid IN (SELECT se.uid FROM series se WHERE se.id = ANY (of_series)))
$$;

CREATE FUNCTION collections_lose() RETURNS trigger
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    PERFORM collections_touch(ARRAY(SELECT DISTINCT series_id FROM removed));
    RETURN NULL;
END $$;

CREATE FUNCTION collections_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = wadozip, pg_temp AS $$
BEGIN
    PERFORM collections_touch(ARRAY[OLD.series_id, NEW.series_id]);
    RETURN NULL;
END $$;

CREATE TRIGGER collections_lose AFTER DELETE ON instance REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION collections_lose();
CREATE TRIGGER collections_change AFTER UPDATE OF series_id, uid, number, size, crc32, root, path ON instance
    FOR EACH ROW WHEN ((OLD.series_id, OLD.uid, OLD.number, OLD.size, OLD.crc32, OLD.root, OLD.path) IS DISTINCT FROM
                       (NEW.series_id, NEW.uid, NEW.number, NEW.size, NEW.crc32, NEW.root, NEW.path))
    EXECUTE FUNCTION collections_change();

-- Freeze series, by their id; of_modalities: only these, '{}': all. Gives one row, or none if nothing is left. `fresh` is
-- false if the collection was there. Runs with the rights of the schema's owner, so that readers need none on the tables.
-- The caller chooses the series among those that it may see.
CREATE FUNCTION collection_create(wanted bigint[], of_modalities text[], of_profile text, of_name text, of_creator text)
    RETURNS TABLE (collection_id text, fresh boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = wadozip, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH chosen AS MATERIALIZED (
        SELECT DISTINCT w.id FROM unnest(wanted) w (id)
    ), frozen AS MATERIALIZED (
        SELECT st.patient_id, coalesce(st.patient_issuer, '') AS issuer, st.study_date, st.uid AS study_uid,
               st.description AS study_description, se.number, se.uid AS series_uid, se.modality, se.description, i.*
        FROM chosen c JOIN series se USING (id) JOIN study st ON st.id = se.study_id CROSS JOIN LATERAL (
            SELECT array_agg(n.uid::text ORDER BY n.number, n.uid) AS uids, sum(n.size)::bigint AS bytes,
                   sum(n.crc32)::bigint AS crc_sum,
                   sha256(convert_to(string_agg(concat_ws(' ', n.uid, n.size, n.crc32), E'\n' ORDER BY n.uid), 'UTF8'))
                       AS content
            FROM instance n WHERE n.series_id = se.id) i
        WHERE (cardinality(of_modalities) = 0 OR se.modality = ANY (of_modalities)) AND i.uids IS NOT NULL
    ), made AS (
        INSERT INTO collection (id, profile, name, creator, studies, series, instances, bytes, crc_sum)
        SELECT left(encode(sha256(convert_to(of_profile || E'\n' || string_agg(concat_ws(' ', study_uid, series_uid,
                    encode(content, 'hex')), E'\n' ORDER BY study_uid, series_uid), 'UTF8')), 'hex'), 32),
               of_profile, of_name, of_creator, count(DISTINCT study_uid), count(*), sum(cardinality(uids)), sum(bytes),
               sum(crc_sum)
        FROM frozen HAVING count(*) > 0
        ON CONFLICT (id) DO UPDATE SET id = excluded.id
        RETURNING id, xmax = 0 AS fresh
    ), filled AS (
        INSERT INTO collection_series
        SELECT made.id, row_number() OVER whole, study_uid, series_uid, patient,
               dense_rank() OVER (PARTITION BY patient ORDER BY study_date COLLATE "C", study_uid), study_date,
               study_description, number, modality,
               CASE WHEN same = 1 THEN description ELSE same || ' ' || description END, uids, bytes, crc_sum
        FROM made CROSS JOIN (
            SELECT *, dense_rank() OVER (ORDER BY patient_id COLLATE "C", issuer COLLATE "C") AS patient,
                   row_number() OVER (PARTITION BY study_uid, number, modality,
                       regexp_replace(lower(left(description, 16)), '[^a-z0-9]+', '_', 'g') ORDER BY series_uid) AS same
            FROM frozen) f
        WHERE made.fresh
        WINDOW whole AS (ORDER BY patient, study_date COLLATE "C", study_uid, number, series_uid)
    )
    SELECT made.id::text, made.fresh FROM made;
END $$;
