// SPDX-License-Identifier: MIT
// Studies and series from the DICOM JSON Model (PS3.18 F).

/** Modalities that have no image to show. */
const NO_IMAGE = new Set(['AU', 'DOC', 'ECG', 'EPS', 'HD', 'KO', 'PLAN', 'PR', 'REG', 'RTPLAN',
    'RTRECORD', 'RTSTRUCT', 'SEG', 'SR', 'STAIN', 'TEXTUREMAP', 'RWV', 'M3D', 'FID', 'SMR', 'RESP']);

/**
 * @typedef {Object} Series
 * @property {string} uid
 * @property {string} number
 * @property {string} modality
 * @property {string} description
 * @property {number} images number of instances
 * @property {boolean} thumbnail whether an image can be expected
 */

/**
 * @typedef {Object} Study
 * @property {string} uid
 * @property {string} name of the patient, as people write it; empty if unknown
 * @property {string} patientId
 * @property {string} born date of birth, YYYYMMDD or empty
 * @property {string} date YYYYMMDD or empty
 * @property {string} description
 * @property {string[]} modalities
 * @property {number} seriesCount
 * @property {number} images number of instances
 * @property {boolean} thumbnail
 * @property {?Series[]} series null until they were asked for
 */

function values(item, tag) {
    return (item[tag] && item[tag].Value || []).filter(value => value !== null);
}

function first(item, tag) {
    const [value] = values(item, tag);

    return value === undefined ? '' : String(value);
}

/** Return "Family, Given Middle" of one component group (PS3.5 6.2.1); prefix and suffix are left out. */
function groupName(group) {
    const [family = '', given = '', middle = ''] = group.split('^').map(part => part.trim());
    const others = [given, middle].filter(Boolean).join(' ');

    return [family, others].filter(Boolean).join(', ');
}

/**
 * Return a name as text: "Yamada, Tarou (山田, 太郎)".
 *
 * @param {{Alphabetic?: string, Ideographic?: string, Phonetic?: string}} name
 */
export function personName(name) {
    const [main, ...more] = ['Alphabetic', 'Ideographic', 'Phonetic']
        .map(group => groupName(name[group] || '')).filter(Boolean);

    if (!main)
        return '';
    return more.length ? `${main} (${more.join(', ')})` : main;
}

/**
 * @param {Object} item one result of a search for studies
 * @returns {Study}
 */
export function studyOf(item) {
    const modalities = values(item, '00080061').map(String);

    return {
        uid: first(item, '0020000D'),
        name: personName(values(item, '00100010')[0] || {}),
        patientId: first(item, '00100020'),
        born: first(item, '00100030'),
        date: first(item, '00080020'),
        description: first(item, '00081030'),
        modalities,
        seriesCount: Number(first(item, '00201206')) || 0,
        images: Number(first(item, '00201208')) || 0,
        thumbnail: modalities.some(modality => !NO_IMAGE.has(modality)),
        series: null,
    };
}

/**
 * @param {Object} item one result of a search for series
 * @returns {Series}
 */
export function seriesOf(item) {
    const modality = first(item, '00080060');

    return {
        uid: first(item, '0020000E'),
        number: first(item, '00200011'),
        modality,
        description: first(item, '0008103E'),
        images: Number(first(item, '00201209')) || 0,
        thumbnail: !NO_IMAGE.has(modality),
    };
}
