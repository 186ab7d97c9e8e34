// SPDX-License-Identifier: MIT
// The DICOMweb service: searches (PS3.18 10.6), sizes of archives, thumbnails.
import {seriesOf, studyOf} from './dicom.js';

const root = new URL(document.querySelector('meta[name=service]').content, document.baseURI);

/** Results of one page of a search. */
export const PAGE = 25;

/** Requests for sizes at the same time: the service has few workers. */
const SIZES_AT_ONCE = 2;

/** A response that is an error, or none at all (status 0). */
export class ServiceError extends Error {
    /**
     * @param {number} status of HTTP; 0: the service cannot be reached
     * @param {?number} retryAfter seconds after which another try is worth it
     */
    constructor(status, retryAfter = null) {
        super(`status ${status}`);
        this.status = status;
        this.retryAfter = retryAfter;
    }
}

/**
 * Return the absolute address of a resource.
 *
 * @param {string} path relative to the service
 */
export function address(path) {
    return new URL(path, root).href;
}

async function request(path, options) {
    let response;

    try {
        response = await fetch(address(path), {cache: 'no-store', ...options});
    } catch (error) {
        if (error.name === 'AbortError')
            throw error;
        throw new ServiceError(0);
    }
    if (!response.ok)
        throw new ServiceError(response.status, parseInt(response.headers.get('Retry-After'), 10) || null);
    return response;
}

/** The address of the viewer that the service offers (RFC 9652), or null. */
function viewerOf(headers) {
    const found = /^"([^"]*\{studies\}[^"]*)"; rel="alternate"/.exec(headers.get('Link-Template') || '');

    return found && found[1];
}

async function results(path, signal) {
    const response = await request(path, {signal, headers: {Accept: 'application/dicom+json'}});

    try {
        return {
            items: response.status === 204 ? [] : await response.json(),
            more: response.headers.has('Warning'),
            viewer: viewerOf(response.headers),
        };
    } catch (error) {
        if (error.name === 'AbortError')
            throw error;
        throw new ServiceError(0);
    }
}

/** What people type may begin a word; with wildcards of their own it is taken as it is. */
function pattern(text, before) {
    return /[*?]/.test(text) ? text : `${before}${text}*`;
}

/**
 * Return the query of a search.
 *
 * @param {{patient: string, number: string, from: string, to: string, modality: string, description: string}}
 *     wanted dates are YYYY-MM-DD; empty: any
 * @returns {URLSearchParams}
 */
export function queryOf(wanted) {
    const query = new URLSearchParams();
    const from = wanted.from.replaceAll('-', ''), to = wanted.to.replaceAll('-', '');

    if (wanted.patient)
        query.set('PatientName', wanted.patient);
    if (wanted.number)
        query.set('PatientID', pattern(wanted.number, ''));
    if (from || to)
        query.set('StudyDate', `${from}-${to}`);
    if (wanted.modality)
        query.set('ModalitiesInStudy', wanted.modality.toUpperCase().split(/[\s,;]+/).filter(Boolean).join(','));
    if (wanted.description)
        query.set('StudyDescription', pattern(wanted.description, '*'));
    // Words of names and descriptions, in capitals or not; a name with wildcards is taken as it is.
    if ((wanted.patient || wanted.description) && !/[*?]/.test(wanted.patient))
        query.set('fuzzymatching', 'true');
    return query;
}

/**
 * Search for studies, the newest first.
 *
 * @param {URLSearchParams} query of queryOf()
 * @param {number} offset results to skip
 * @param {AbortSignal} signal
 * @returns {Promise<{studies: Study[], more: boolean, viewer: ?string}>} viewer: an address with {studies} in it
 * @throws {ServiceError}
 */
export async function searchStudies(query, offset, signal) {
    const page = new URLSearchParams(query);

    page.set('limit', PAGE);
    page.set('offset', offset);
    page.set('includefield', 'StudyDescription');
    const {items, ...about} = await results(`studies?${page}`, signal);

    return {studies: items.map(studyOf), ...about};
}

/**
 * Count the results of a search.
 *
 * @param {URLSearchParams} query of queryOf()
 * @param {AbortSignal} signal
 * @returns {Promise<{count: number, more?: boolean}>} more: there are more than count
 * @throws {ServiceError}
 */
export async function countStudies(query, signal) {
    return (await request(`studies/count?${query}`, {signal, headers: {Accept: 'application/json'}})).json();
}

/**
 * Load the series of a study, once.
 *
 * @param {Study} study its series are set
 * @returns {Promise<Series[]>}
 * @throws {ServiceError}
 */
export async function loadSeries(study) {
    if (!study.series) {
        const {items} = await results(`studies/${study.uid}/series?includefield=SeriesDescription`);

        study.series = items.map(seriesOf);
    }
    return study.series;
}

/**
 * Ask for the size of an archive, without its bytes.
 *
 * @param {string} path of the archive
 * @param {AbortSignal} signal
 * @returns {Promise<{bytes: ?number, file: string}>} bytes: null if unknown; file: the name that it will have
 * @throws {ServiceError}
 */
export async function sizeOf(path, signal) {
    const {headers} = await request(path, {method: 'HEAD', signal});
    const name = /filename="([^"]+)"/.exec(headers.get('Content-Disposition') || '');

    return {bytes: Number(headers.get('Content-Length')) || null, file: name ? name[1] : 'images.zip'};
}

/**
 * Ask whether a download would begin now. One byte is asked for, because HEAD is answered also when
 * no more downloads are admitted.
 *
 * @param {string} path of the archive
 * @throws {ServiceError}
 */
export async function checkDownload(path) {
    const response = await request(path, {headers: {Range: 'bytes=0-0'}});

    if (response.status === 206)
        await response.arrayBuffer();
    else
        await response.body.cancel();
}

async function send(path, body, signal) {
    const options = {method: 'POST', headers: {'Content-Type': 'application/json', Accept: 'application/json'}, signal};

    return (await request(path, {...options, body: JSON.stringify(body)})).json();
}

/**
 * Return the user's own links, newest first.
 *
 * @returns {Promise<{may_share: boolean, max_days: number, links: Object[]}>} as the service describes them
 * @throws {ServiceError}
 */
export async function myLinks() {
    return (await request('links', {headers: {Accept: 'application/json'}})).json();
}

/**
 * Make a link.
 *
 * @param {Object} wish as the service takes it: studies, series, label, expires, passcode ...
 * @returns {Promise<{link: number, address: string, passcode?: string, expires: string}>}
 * @throws {ServiceError}
 */
export function createLink(wish) {
    return send('links', wish);
}

/**
 * Revoke one of the user's links.
 *
 * @param {number} number
 * @throws {ServiceError}
 */
export async function revokeLink(number) {
    await request(`links/${number}`, {method: 'DELETE'});
}

/**
 * Keep a list of studies and series.
 *
 * @param {{studies: string[], series: string[]}} list
 * @param {AbortSignal} signal
 * @returns {Promise<string>} the identifier of the collection
 * @throws {ServiceError} 404: the service does not do that
 */
export async function createCollection(list, signal) {
    return (await send('collections', list, signal)).id;
}

const waiting = [];
let running = 0;

function next() {
    while (running < SIZES_AT_ONCE && waiting.length) {
        running++;
        waiting.shift()().finally(() => {
            running--;
            next();
        });
    }
}

/**
 * Ask for a size when few others are asked for.
 *
 * @param {string} path of the archive
 * @param {AbortSignal} signal of the search that showed it: later the answer is of no use
 * @returns {Promise<?number>} null if the size is unknown
 */
export function sizeLater(path, signal) {
    return new Promise(resolve => {
        waiting.push(() => (signal.aborted ? Promise.resolve({bytes: null}) : sizeOf(path, signal))
            .then(size => resolve(size.bytes), () => resolve(null)));
        next();
    });
}
