-- SPDX-License-Identifier: MIT
-- Rename table form to conversion, its column recipe to codec_version, instance.card to summary and instance.default_recipe
-- to default_codec_version. Renames only: no row is written. Applied by `wadozip migrate` in one transaction with the search
-- path wadozip, pg_temp.

ALTER TABLE form RENAME TO conversion;
ALTER TABLE conversion RENAME COLUMN recipe TO codec_version;
ALTER TABLE instance RENAME COLUMN card TO summary;
ALTER TABLE instance RENAME COLUMN default_recipe TO default_codec_version;
ALTER TYPE incoming RENAME ATTRIBUTE default_recipe TO default_codec_version;

COMMENT ON TABLE conversion IS 'sizes and CRC-32 of converted instances; void if source_crc32 is not the crc32 of the instance';
COMMENT ON COLUMN conversion.codec_version IS 'number of the codecs that made it (wadozip-dicom --version)';
COMMENT ON COLUMN instance.summary IS 'values of a look-up as one text, read by src/catalog/summary.c';
COMMENT ON COLUMN instance.default_size IS
    'bytes in Explicit VR Little Endian with native pixel data; 0: sent as stored, or not measurable; NULL: not looked at yet';

-- Constraints, with their indexes, and functions hold the names as text.
DO $$
DECLARE
    c record;
    definition text;
BEGIN
    FOR c IN SELECT conrelid::regclass AS of_table, conname AS name FROM pg_constraint
             WHERE conrelid IN ('conversion'::regclass, 'instance'::regclass) AND conname ~ '^form_|recipe' LOOP
        EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', c.of_table, c.name,
                       replace(regexp_replace(c.name, '^form_', 'conversion_'), 'recipe', 'codec_version'));
    END LOOP;
    FOR definition IN SELECT pg_get_functiondef(oid) FROM pg_proc
                      WHERE pronamespace = 'wadozip'::regnamespace AND prosrc ~ '\m(form|default_recipe)\M' LOOP
        EXECUTE regexp_replace(regexp_replace(definition, '\mform\M', 'conversion', 'g'),
                               '\mdefault_recipe\M', 'default_codec_version', 'g');
    END LOOP;
END $$;
