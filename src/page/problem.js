// SPDX-License-Identifier: MIT
// Errors in the reader's words.
import {element} from './dom.js';
import {text} from './language.js';
import {ServiceError} from './service.js';
import {TEXTS} from './texts.js';

/**
 * Return what went wrong, with what to do.
 *
 * @param {Error} error
 * @returns {string}
 */
export function explain(error) {
    if (!(error instanceof ServiceError))
        throw error;
    const key = `error_${error.status}`;
    const what = key in TEXTS ? text(key) : text('error_other', {status: error.status});

    return error.retryAfter ? `${what} ${text('retry_after', {n: error.retryAfter})}` : what;
}

/**
 * Return a message about an error with a button that tries again.
 *
 * @param {Error} error
 * @param {function(): void} again
 * @returns {HTMLElement}
 */
export function problem(error, again) {
    return element('p', {class: 'message'}, explain(error), ' ',
        element('button', {type: 'button', click: again}, text('again')));
}
