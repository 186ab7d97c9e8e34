-- SPDX-License-Identifier: MIT
-- What must always hold. Each query gives rows (name, detail) only where it does not. `wadozip doctor` and the tests
-- run them with the search path wadozip, pg_temp.

SELECT 'series without instances', se.uid
FROM series se WHERE NOT EXISTS (SELECT FROM instance i WHERE i.series_id = se.id);

SELECT 'study without series', st.uid
FROM study st WHERE NOT EXISTS (SELECT FROM series se WHERE se.study_id = st.id);

SELECT 'series with a wrong count of instances', se.uid || ': ' || se.instances
FROM series se WHERE se.instances <> (SELECT count(*) FROM instance i WHERE i.series_id = se.id);

SELECT 'a file that is an instance and is not', root || ':' || encode(path, 'escape')
FROM instance JOIN other_file USING (root, path);

SELECT 'a UID that is gone and is there', sop_uid
FROM gone JOIN instance ON uid = sop_uid;

SELECT 'a copy that is none', o.root || ':' || encode(o.path, 'escape')
FROM other_file o LEFT JOIN instance i ON i.uid = o.sop_uid
WHERE o.kind = 'copy' AND (i.size, i.crc32) IS DISTINCT FROM (o.size, o.crc32);

SELECT 'a conflict with nothing, or with the same content', o.root || ':' || encode(o.path, 'escape')
FROM other_file o LEFT JOIN instance i ON i.uid = o.sop_uid
WHERE o.kind = 'conflict' AND (i.id IS NULL OR (i.size, i.crc32) = (o.size, o.crc32));

SELECT 'no DICOMDIR can be made: run `wadozip index` again', count(*) || ' instances'
FROM instance WHERE record_keys IS NULL HAVING count(*) > 0;

SELECT 'pixel data that lies outside its file', root || ':' || encode(path, 'escape')
FROM instance WHERE pixel_offset + pixel_length > size;

SELECT 'deflated pixel data that is larger than it was', root || ':' || encode(path, 'escape')
FROM instance WHERE pixel_deflated_size > coalesce(pixel_length, 0);

SELECT 'a frame table of pixel data that is not there', root || ':' || encode(path, 'escape')
FROM instance WHERE pixel_offset = 0 AND (pixel_length <> 0 OR pixel_crc <> 0 OR get_byte(frame_table, 0) <> 0);

SELECT 'a frame table of a wrong length', root || ':' || encode(path, 'escape')
FROM (SELECT root, path, octet_length(frame_table) - 5 AS bytes, get_byte(frame_table, 0) AS kind,
             get_byte(frame_table, 1) + 256 * get_byte(frame_table, 2) + 65536 * get_byte(frame_table, 3)
             + 16777216::bigint * get_byte(frame_table, 4) AS frames
      FROM instance) i
WHERE kind > 4 OR bytes <> CASE kind WHEN 0 THEN 0 WHEN 1 THEN 8 WHEN 2 THEN frames * 10 ELSE bytes END;

SELECT 'a collection with wrong totals', c.id
FROM collection c CROSS JOIN LATERAL (
    SELECT count(DISTINCT study_uid), count(*), max(place), sum(cardinality(uids)), sum(bytes), sum(crc_sum)
    FROM collection_series WHERE collection_id = c.id) s (studies, series, places, instances, bytes, crc_sum)
WHERE (c.studies, c.series, c.series, c.instances, c.bytes, c.crc_sum)
    IS DISTINCT FROM (s.studies, s.series, s.places, s.instances, s.bytes, s.crc_sum);

SELECT 'migrations with a gap', 'version ' || max(version) || ', ' || count(*) || ' applied'
FROM schema_version HAVING max(version) <> count(*);
