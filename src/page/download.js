// SPDX-License-Identifier: MIT
// The bar with what is chosen, its size, and the ways to get it.
import {byId, copy, element} from './dom.js';
import {size, text} from './language.js';
import {explain} from './problem.js';
import {curlCommand, FORMS} from './selection.js';
import {address, checkDownload, createCollection, loadSeries, sizeOf} from './service.js';

/** Milliseconds without another choice before the size is asked for. */
const PAUSE = 200;

/** The bar. It is hidden while nothing is chosen. */
export class Download {
    /**
     * @param {Selection} selection
     * @param {function(): void} cleared called after the selection was cleared here
     */
    constructor(selection, cleared) {
        this.selection = selection;
        this.viewer = null;
        this.archive = null; // path, bytes, file: of what is chosen, when the service has said it
        this.asking = new AbortController();
        this.timer = 0;
        this.running = null; // the archive that the browser was given to download
        this.said = null; // an error, shown again in another language
        byId('form').append(...Object.keys(FORMS).map(form => element('option', {value: form})));
        byId('form').addEventListener('change', () => this.show());
        byId('download').addEventListener('click', event => this.#begin(event));
        byId('curl').addEventListener('click', () => this.#copy());
        byId('none').addEventListener('click', () => {
            selection.clear();
            cleared();
        });
    }

    /** @param {?string} template address of a viewer with {studies} in it */
    setViewer(template) {
        this.viewer = template;
        this.#offer();
    }

    /** Show what is chosen now, and ask for its size. */
    show() {
        this.asking.abort();
        this.asking = new AbortController();
        this.archive = null;
        byId('bar').hidden = byId('skip-download').hidden = this.selection.empty;
        document.body.classList.toggle('choosing', !this.selection.empty);
        this.#say(null);
        this.running = null;
        this.#started();
        if (this.selection.empty)
            return;
        this.translate();
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.#ask(this.asking.signal), PAUSE);
    }

    /** Show everything in the language. */
    translate() {
        for (const option of byId('form').options) {
            option.textContent = text(option.value);
            option.disabled = FORMS[option.value].alone && !this.selection.alone;
            if (option.disabled && option.selected)
                byId('form').value = 'standard';
        }
        this.#total();
        this.#offer();
        this.#say(this.said);
        this.#started();
    }

    #total() {
        const {studies, series, images} = this.selection.total;

        byId('total').replaceChildren(
            element('strong', {}, this.archive && this.archive.bytes ? size(this.archive.bytes) : '…'), ' ',
            [text('studies', {n: studies}), text('series', {n: series}), text('images', {n: images})]
                .map(part => part.replaceAll(' ', '\u00a0')).join(' · '));
    }

    #offer() {
        const link = byId('download'), viewer = byId('viewer');

        if (this.archive)
            link.href = address(this.archive.path);
        else
            link.removeAttribute('href');
        link.setAttribute('aria-disabled', this.archive === null);
        byId('curl').disabled = this.archive === null;
        viewer.hidden = !this.viewer;
        if (this.viewer)
            viewer.href = this.viewer.replaceAll('{studies}', this.selection.studies.map(encodeURIComponent).join(','));
    }

    #say(error) {
        this.said = error;
        byId('bar-problem').replaceChildren(
            ...(error ? [element('p', {class: 'message'}, typeof error === 'string' ? text(error) : explain(error))] : []));
    }

    async #ask(signal) {
        try {
            await Promise.all(this.selection.unloaded.map(loadSeries));
            if (signal.aborted)
                return;
            const path = this.selection.path(byId('form').value);

            if (!path) {
                this.#say('too_many');
                this.#offerList(signal);
                return;
            }
            await this.#size(path);
        } catch (error) {
            if (!signal.aborted)
                this.#say(error);
        }
    }

    async #size(path) {
        this.archive = {path, ...await sizeOf(path, this.asking.signal)};
        this.#total();
        this.#offer();
    }

    /** What is too much for an address can be kept by the service as a list, if it does that. */
    #offerList(signal) {
        const button = element('button', {type: 'button', click: () => this.#keepList(signal)}, text('keep_list'));

        byId('bar-problem').firstChild.append(' ', button);
    }

    async #keepList(signal) {
        try {
            const id = await createCollection(this.selection.contents, signal);

            this.#say(null);
            await this.#size(`collections/${id}?${FORMS[byId('form').value].query}`);
            byId('download').focus();
        } catch (error) {
            if (!signal.aborted)
                this.#say(error.status === 404 ? 'too_many_alone' : error);
        }
    }

    /** The browser downloads, after the service has said that it would send now. */
    async #begin(event) {
        const {archive} = this;

        event.preventDefault();
        if (!archive)
            return;
        this.#say(null);
        try {
            await checkDownload(archive.path);
        } catch (error) {
            this.#say(error);
            return;
        }
        location.assign(address(archive.path));
        this.running = archive;
        this.#started();
        byId('started').firstChild.focus();
    }

    /** Show how to check, resume and open what the browser downloads. */
    #started() {
        const archive = this.running;

        if (!archive) {
            byId('started').replaceChildren();
            return;
        }
        const close = element('button', {type: 'button', click: () => {
            this.running = null;
            this.#started();
            byId('download').focus();
        }}, text('close'));

        byId('started').replaceChildren(element('div',
            {class: 'started', tabindex: '-1', role: 'group', 'aria-labelledby': 'started-title'},
            element('h3', {id: 'started-title'}, text('started', {file: archive.file})),
            element('div', {class: 'steps'},
                element('p', {}, archive.bytes ? text('started_check', {n: archive.bytes}) : ''),
                element('p', {}, text('started_resume')),
                element('p', {}, text('started_open'))),
            element('p', {class: 'curl'}, text('started_curl'), ' ',
                element('code', {}, curlCommand(address(archive.path), archive.file))),
            element('p', {}, close)));
    }

    async #copy() {
        await copy(curlCommand(address(this.archive.path), this.archive.file), byId('curl'));
    }
}
