// SPDX-License-Identifier: MIT
// The list of studies with their series.
import {byId, element} from './dom.js';
import {date, size, text} from './language.js';
import {problem} from './problem.js';
import {FORMS} from './selection.js';
import {address, loadSeries, sizeLater} from './service.js';

/** A picture of 64 pixels, with the modality until it has loaded, or if the service has no image. */
function thumbnail(path, wanted, modality) {
    const box = element('span', {class: 'thumbnail'}, modality);

    if (wanted)
        box.append(element('img', {
            src: address(`${path}/thumbnail`), alt: '', loading: 'lazy', width: 64, height: 64,
            load: event => event.target.classList.add('loaded'),
            error: event => event.target.remove(),
        }));
    box.setAttribute('aria-hidden', 'true');
    return box;
}

/** Texts in one line, those that are empty left out. */
function line(name, ...parts) {
    return element('span', {class: name}, parts.filter(Boolean).join(' · '));
}

function studyLines(study) {
    const modalities = study.modalities.join(', ');

    return [
        element('span', {class: 'who'},
            line('name', study.name || text('no_name')),
            line('small', study.patientId && text('id_is', {id: study.patientId}),
                study.born && text('born', {date: date(study.born)}))),
        element('span', {class: 'what'},
            line('', study.date ? date(study.date) : text('no_date'), modalities),
            line('small', study.description)),
    ];
}

function seriesLines(series) {
    const name = series.number ? text('series_number', {number: series.number}) : text('series_unnumbered');

    return [element('span', {class: 'who'}, line('', name, series.modality), line('small', series.description))];
}

/** The list. Its state is the studies, which of them are open, and the selection. */
export class Results {
    /**
     * @param {Selection} selection
     * @param {function(): void} changed called after each change of the selection
     */
    constructor(selection, changed) {
        this.selection = selection;
        this.changed = changed;
        this.list = byId('studies');
        this.studies = [];
        this.open = new Set();
        this.sizes = new Map();
        this.signal = null;
        this.seen = new IntersectionObserver(entries => entries.filter(entry => entry.isIntersecting)
            .forEach(entry => this.#fillSize(entry.target)), {rootMargin: '200px'});
    }

    /**
     * Forget all studies.
     *
     * @param {AbortSignal} signal of the search whose results will be added
     */
    start(signal) {
        this.signal = signal;
        this.studies = [];
        this.open.clear();
        this.#empty();
    }

    #empty() {
        this.seen.disconnect();
        this.list.replaceChildren();
    }

    /** @param {Study[]} studies further results */
    add(studies) {
        this.studies.push(...studies);
        this.list.append(...studies.map(study => this.#studyRow(study)));
        this.refresh();
    }

    /** @param {number} index of the study whose box gets the focus */
    focus(index) {
        this.list.children[index]?.querySelector('input').focus();
    }

    /** Show everything in the language. */
    translate() {
        this.#empty();
        this.list.append(...this.studies.map(study => this.#studyRow(study)));
        this.refresh();
    }

    /** Set all boxes as the selection is. */
    refresh() {
        for (const box of this.list.querySelectorAll('input')) {
            const {study, series} = box.item;

            box.checked = series ? this.selection.hasSeries(study, series) : this.selection.hasStudy(study);
            box.indeterminate = !series && this.selection.hasPart(study);
            box.closest('li').classList.toggle('chosen', box.checked);
        }
    }

    async #fillSize(place) {
        this.seen.unobserve(place);
        if (!this.sizes.has(place.path))
            this.sizes.set(place.path, await sizeLater(place.path, this.signal));
        const bytes = this.sizes.get(place.path);

        if (bytes)
            place.textContent = size(bytes);
    }

    #count(images, resource) {
        const place = element('span', {class: 'size'});

        place.path = `${resource}?${FORMS.standard.query}`;
        this.seen.observe(place);
        return element('span', {class: 'count'}, element('span', {}, text('images', {n: images})), place);
    }

    #box(item, choose) {
        const box = element('input', {type: 'checkbox', change: () => {
            choose(box.checked);
            this.refresh();
            this.changed();
        }});

        box.item = item;
        return box;
    }

    #studyRow(study) {
        const resource = `studies/${study.uid}`, id = `series-${study.uid}`;
        const box = this.#box({study}, on => this.selection.setStudy(study, on));
        const inside = element('ul', {id, class: 'series', hidden: true,
            'aria-label': text('series_of', {study: study.name || text('no_name')})});
        const button = element('button', {type: 'button', class: 'open', 'aria-expanded': 'false', 'aria-controls': id,
            click: () => this.#toggle(study, button, inside)}, text('series', {n: study.seriesCount}));

        if (this.open.has(study.uid))
            this.#unfold(study, button, inside);
        return element('li', {class: 'study'},
            element('div', {class: 'line'},
                element('label', {}, box, thumbnail(resource, study.thumbnail, study.modalities[0] || ''),
                    ...studyLines(study), this.#count(study.images, resource)),
                button),
            inside);
    }

    #toggle(study, button, inside) {
        if (this.open.delete(study.uid)) {
            button.setAttribute('aria-expanded', 'false');
            inside.hidden = true;
        } else {
            this.open.add(study.uid);
            this.#unfold(study, button, inside);
        }
    }

    async #unfold(study, button, inside) {
        button.setAttribute('aria-expanded', 'true');
        inside.hidden = false;
        inside.replaceChildren(element('li', {class: 'quiet'}, text('asking')));
        try {
            const all = await loadSeries(study);

            inside.replaceChildren(...all.map(series => this.#seriesRow(study, series)));
            this.refresh();
        } catch (error) {
            inside.replaceChildren(element('li', {}, problem(error, () => this.#unfold(study, button, inside))));
        }
    }

    #seriesRow(study, series) {
        const resource = `studies/${study.uid}/series/${series.uid}`;
        const box = this.#box({study, series}, on => this.selection.setSeries(study, series, on));

        return element('li', {},
            element('label', {}, box, thumbnail(resource, series.thumbnail, series.modality), ...seriesLines(series),
                this.#count(series.images, resource)));
    }
}
