// SPDX-License-Identifier: MIT

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
 * Return the element with this id.
 *
 * @param {string} id
 */
export function byId(id) {
    return document.getElementById(id);
}
