// SPDX-License-Identifier: MIT
// Links to what is chosen: making one, which is shown once, and the list of the user's own.
import {byId, copy, element} from './dom.js';
import {moment, text} from './language.js';
import {explain} from './problem.js';
import {createLink, myLinks, revokeLink, ServiceError} from './service.js';

/** Days after which a link can expire, as far as the service admits them. */
const DAYS = [1, 7, 30, 90, 365];
const USUAL = 7;

/** What a form of the archive (selection.js FORMS) means for a link. */
const OPTIONS = {standard: {}, stored: {transfer_syntax: '*'}, disc: {dicomdir: true}};

function explainLink(error) {
    if (error instanceof ServiceError && (error.status === 403 || error.status === 422))
        return text(`link_${error.status}`);
    return explain(error);
}

function say(id, error) {
    byId(id).replaceChildren(...(error ? [element('p', {class: 'message'}, explainLink(error))] : []));
}

/** A field that can only be copied, and its button. */
function copied(key, value) {
    const field = element('input', {readonly: true, value, id: `made-${key}`, spellcheck: 'false'});
    const button = element('button', {type: 'button', click: () => copy(value, button, field),
        'aria-describedby': `made-${key}-label`}, text('copy'));

    return element('p', {class: 'copied'},
        element('label', {for: `made-${key}`, id: `made-${key}-label`}, text(key)), field, button);
}

/** The dialogs of links. Their buttons are hidden unless the service has links for this user. */
export class Links {
    /** @param {Selection} selection */
    constructor(selection) {
        this.selection = selection;
        this.made = null; // the service's answer about a new link, until its dialog is closed
        this.list = [];
        byId('share').addEventListener('click', () => this.#open());
        byId('share-form').addEventListener('submit', event => this.#make(event));
        byId('share-close').addEventListener('click', () => byId('share-dialog').close());
        byId('share-cancel').addEventListener('click', () => byId('share-dialog').close());
        byId('share-dialog').addEventListener('close', () => {
            this.made = null; // the address is shown once
            this.#showMade();
        });
        byId('my-links').addEventListener('click', () => this.#show());
        byId('links-close').addEventListener('click', () => byId('links-dialog').close());
    }

    /** Ask the service whether this user has links. */
    async start() {
        try {
            const {may_share: may, max_days: days, links} = await myLinks();

            byId('share').hidden = !may;
            byId('my-links').hidden = !may && links.length === 0;
            byId('share-expires').replaceChildren(...DAYS.filter(n => n <= days).concat(days < DAYS[0] ? [days] : [])
                .map(n => element('option', {value: n, selected: n === USUAL})));
            this.list = links;
            this.translate();
        } catch {
            byId('share').hidden = byId('my-links').hidden = true; // without links the page is complete
        }
    }

    /** Show everything in the language. */
    translate() {
        for (const option of byId('share-expires').options)
            option.textContent = text('days', {n: Number(option.value)});
        this.#showMade();
        this.#showList();
    }

    #open() {
        const {studies, series, images} = this.selection.total;

        byId('share-what').textContent = [text('studies', {n: studies}), text('series', {n: series}),
            text('images', {n: images})].join(' · ');
        say('share-problem', null);
        this.#showMade();
        byId('share-dialog').showModal();
        byId('share-label').focus();
    }

    async #make(event) {
        const wish = {...this.selection.contents, ...OPTIONS[byId('form').value],
            label: byId('share-label').value.trim(), expires: `${byId('share-expires').value}d`,
            passcode: byId('share-passcode').checked};

        event.preventDefault();
        if (byId('share-make').disabled)
            return;
        say('share-problem', null);
        byId('share-make').disabled = true;
        try {
            this.made = await createLink(wish);
            this.#showMade();
            byId('made-link_address').focus();
            byId('made-link_address').select();
            byId('my-links').hidden = false;
        } catch (error) {
            say('share-problem', error);
        }
        byId('share-make').disabled = false;
    }

    /** The new link with its passcode, or the form. */
    #showMade() {
        const {made} = this;

        byId('share-form').hidden = made !== null;
        byId('share-made').hidden = made === null;
        byId('made').replaceChildren(...(made ? [
            element('p', {}, text('link_once')),
            copied('link_address', new URL(made.address, location).href),
            ...(made.passcode ? [copied('link_passcode', made.passcode), element('p', {}, text('link_apart'))] : []),
            element('p', {}, text('link_until', {date: moment(made.expires)})),
        ] : []));
    }

    async #show() {
        say('links-problem', null);
        byId('links').replaceChildren();
        byId('links-none').hidden = true;
        byId('links-dialog').showModal();
        try {
            this.list = (await myLinks()).links;
            this.#showList();
        } catch (error) {
            say('links-problem', error);
        }
    }

    #showList() {
        byId('links').replaceChildren(...this.list.map(link => this.#row(link)));
        byId('links-none').hidden = this.list.length > 0;
    }

    #row(link) {
        const valid = link.state === 'valid' || link.state === 'locked';
        const count = kind => link.contents.filter(what => what.startsWith(kind)).length;
        const what = [['studies', count('study')], ['series', count('series')]].filter(([, n]) => n)
            .map(([key, n]) => text(key, {n}));
        const name = link.label || text('link_number', {id: link.link});
        const expiry = link.state === 'valid' ? 'link_until' : 'link_was_until';

        return element('li', {},
            element('div', {},
                element('strong', {}, name), ' ',
                element('span', {class: valid ? 'small' : 'small ended'}, text(`state_${link.state.replace(' ', '_')}`)),
                element('div', {class: 'small'}, [...what, text(expiry, {date: moment(link.expires)}),
                    text('link_downloads', {n: link.downloads}), ...(link.passcode ? [text('link_has_passcode')] : [])]
                    .join(' · '))),
            ...(valid ? [this.#revokeButton(link, name)] : []));
    }

    /** The first click asks, the second revokes. */
    #revokeButton(link, name) {
        const button = element('button', {type: 'button', 'aria-label': text('revoke_name', {name}), click: async () => {
            if (!button.classList.contains('sure')) {
                button.classList.add('sure');
                button.textContent = text('revoke_sure');
                button.setAttribute('aria-label', `${text('revoke_sure')} ${name}`);
                return;
            }
            try {
                await revokeLink(link.link);
                link.state = 'revoked';
                this.#showList();
                byId('links-close').focus();
            } catch (error) {
                say('links-problem', error);
            }
        }}, text('revoke'));

        return button;
    }
}
