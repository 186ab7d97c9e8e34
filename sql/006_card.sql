-- What a look-up tells of an instance, ready as one text: most of what it takes to tell of thousands of them is the turning of
-- numbers into text and the mere number of columns. Applied by `wadozip migrate` in one transaction with the search path
-- wadozip, pg_temp; writes the table anew.

-- Single spaces between: UID, number, root, size, mtime_ns, CRC-32, acquired, updated, deflated size and its compressor ("0 -"
-- where there is none), and to the end the path, with octal digits for what is not ASCII. src/catalog/card.c reads it.
ALTER TABLE instance ADD COLUMN card text COLLATE "C" NOT NULL GENERATED ALWAYS AS (
    uid::text || ' ' || number::text || ' ' || root || ' ' || size::text || ' ' || mtime_ns::text || ' ' || crc32::text
    || ' ' || acquired::text || ' ' || updated::text || ' ' || coalesce(deflated_size::text, '0') || ' '
    || coalesce(replace(deflated_by, ' ', '_'), '-') || ' ' || encode(path, 'escape')) STORED;
