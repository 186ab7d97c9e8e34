// SPDX-License-Identifier: MIT
import {text} from './language.js';

/**
 * Make an element. Text is never parsed as HTML.
 *
 * @param {string} name its tag
 * @param {Object<string, *>} properties attributes; functions are listeners of the event so named;
 *     false and undefined are left out
 * @param {...(Node|string)} content
 * @returns {HTMLElement}
 */
export function element(name, properties = {}, ...content) {
    const made = document.createElement(name);

    for (const [key, value] of Object.entries(properties)) {
        if (typeof value === 'function')
            made.addEventListener(key, value);
        else if (value !== false && value !== undefined)
            made.setAttribute(key, value === true ? '' : value);
    }
    made.append(...content);
    return made;
}

/**
 * Copy a text, and show for a moment that it is copied. Pages without TLS or permission have no clipboard: then what
 * is selected in the field is copied, or remains selected.
 *
 * @param {string} value
 * @param {HTMLElement} button that was clicked
 * @param {?HTMLInputElement} field with the text
 */
export async function copy(value, button, field = null) {
    if (field)
        field.select();
    try {
        await navigator.clipboard.writeText(value);
    } catch {
        if (!field || !document.execCommand('copy'))
            return;
    }
    const before = button.textContent;

    button.textContent = text('copied');
    setTimeout(() => {
        button.textContent = before;
    }, 2000);
}

/**
 * Return the element with this id.
 *
 * @param {string} id
 */
export function byId(id) {
    return document.getElementById(id);
}
