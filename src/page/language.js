// SPDX-License-Identifier: MIT
// The reader's language: texts, numbers, sizes and dates.
import {LANGUAGES, TEXTS} from './texts.js';

const KEPT = 'wadozip-language';
const codes = Object.keys(LANGUAGES);

function kept() {
    try {
        return localStorage.getItem(KEPT);
    } catch {
        return null; // the browser may forbid storage
    }
}

function preferred() {
    const wanted = [kept(), ...navigator.languages].filter(Boolean);

    return wanted.map(tag => tag.split('-')[0].toLowerCase()).find(code => codes.includes(code)) || 'en';
}

let code = preferred();

/** The code of the language. */
export function language() {
    return code;
}

/**
 * Change the language, for later visits too.
 *
 * @param {string} wanted a key of LANGUAGES
 */
export function setLanguage(wanted) {
    code = wanted;
    try {
        localStorage.setItem(KEPT, wanted);
    } catch {
        // only this visit remembers it
    }
}

/** A locale of the language: the browser's own variant of it, such as en-GB, if there is one. */
function locale() {
    return navigator.languages.find(tag => tag.split('-')[0].toLowerCase() === code) || code;
}

/**
 * Return a text of the table, with values in place of {name}. If there is a value n the text's form
 * for one or for more is used.
 *
 * @param {string} key of TEXTS
 * @param {Object<string, (string|number)>} given
 */
export function text(key, given = {}) {
    const [one, more = one] = TEXTS[key][codes.indexOf(code)].split('|');
    const chosen = new Intl.PluralRules(code).select(given.n ?? 2) === 'one' ? one : more;

    return chosen.replace(/\{(\w+)\}/g, (_, name) =>
        typeof given[name] === 'number' ? number(given[name]) : given[name]);
}

/** @param {number} value */
export function number(value) {
    return value.toLocaleString(locale());
}

/**
 * Return a number of bytes with three digits or so, as file managers show it.
 *
 * @param {number} bytes
 */
export function size(bytes) {
    const units = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
    let value = bytes / 1000, unit = 0;

    while (value >= 999.5 && unit < units.length - 1) {
        value /= 1000;
        unit++;
    }
    return new Intl.NumberFormat(locale(), {
        style: 'unit', unit: units[unit], maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
    }).format(Math.max(value, 1));
}

/**
 * Return a DICOM date (PS3.5 6.2 DA) as people write it, anything else unchanged.
 *
 * @param {string} value YYYYMMDD
 */
export function date(value) {
    const [, year, month, day] = /^(\d{4})\.?(\d\d)\.?(\d\d)$/.exec(value) || [];

    if (!year)
        return value;
    return new Intl.DateTimeFormat(locale(), {dateStyle: 'medium', timeZone: 'UTC'})
        .format(new Date(Date.UTC(year, month - 1, day)));
}

/**
 * Return a time as people write it, in their zone.
 *
 * @param {string} value as 2026-12-01T08:00:00Z
 */
export function moment(value) {
    return new Intl.DateTimeFormat(locale(), {dateStyle: 'medium', timeStyle: 'short'}).format(new Date(value));
}

/** Give every element with data-text its text. */
export function translate() {
    document.documentElement.lang = code;
    document.title = text('title');
    for (const one of document.querySelectorAll('[data-text]'))
        one.textContent = text(one.dataset.text);
}
