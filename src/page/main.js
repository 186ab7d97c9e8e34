// SPDX-License-Identifier: MIT
// The page: a search, the list of what it finds, and the download of what is chosen.
import {byId, element} from './dom.js';
import {Download} from './download.js';
import {language, setLanguage, text, translate} from './language.js';
import {Links} from './links.js';
import {problem} from './problem.js';
import {Results} from './results.js';
import {Selection} from './selection.js';
import {countStudies, queryOf, searchStudies} from './service.js';
import {LANGUAGES} from './texts.js';

const MODALITIES = ['CR', 'CT', 'DX', 'ES', 'IVUS', 'MG', 'MR', 'NM', 'OCT', 'OP', 'OT', 'PT', 'RF', 'RTSTRUCT', 'SM',
    'SR', 'US', 'XA'];

const selection = new Selection();
const form = byId('search');
const download = new Download(selection, () => {
    results.refresh();
    download.show();
});
const results = new Results(selection, () => download.show());

const links = new Links(selection);

let search = new AbortController();
let state = null; // what the count line says: a key of the texts with its values

function say(key, given) {
    state = key ? {key, given} : null;
    byId('count').textContent = key ? text(key, given) : '';
}

/** Show an error of a search; one of an earlier search is of no interest. */
function fail(error, signal, again) {
    if (signal.aborted)
        return;
    say(null);
    byId('problem').replaceChildren(problem(error, again));
}

async function count(query, shown, more, signal) {
    if (!more && shown === 0) {
        say('nothing');
        return;
    }
    const {count: n, more: beyond} = more ? await countStudies(query, signal) : {count: shown};

    say(beyond ? 'found_more' : 'found', {n});
}

async function showPage(query, signal) {
    const offset = results.studies.length;

    byId('problem').replaceChildren();
    byId('more').hidden = true;
    try {
        const {studies, more, viewer} = await searchStudies(query, offset, signal);

        download.setViewer(viewer);
        results.add(studies);
        byId('more').hidden = !more;
        byId('more').onclick = () => showPage(query, signal);
        if (offset > 0)
            results.focus(offset);
        if (offset === 0)
            await count(query, studies.length, more, signal);
    } catch (error) {
        fail(error, signal, () => showPage(query, signal));
    }
}

function start() {
    const wanted = Object.fromEntries([...new FormData(form)].map(([key, value]) => [key, value.trim()]));

    search.abort();
    search = new AbortController();
    // Kept by the browser for Back and Reload, but not in the address, which others may see.
    history.replaceState(wanted, '');
    results.start(search.signal);
    say('searching');
    showPage(queryOf(wanted), search.signal);
}

function inLanguage() {
    translate();
    byId('language').value = language();
    if (state)
        say(state.key, state.given);
    results.translate();
    download.translate();
    links.translate();
}

byId('language').append(...Object.entries(LANGUAGES).map(([code, name]) =>
    element('option', {value: code, lang: code}, name)));
byId('language').addEventListener('change', event => {
    setLanguage(event.target.value);
    inLanguage();
});
byId('modalities').append(...MODALITIES.map(value => element('option', {value})));
form.addEventListener('submit', event => {
    event.preventDefault();
    start();
});
form.addEventListener('reset', () => setTimeout(start));
for (const [key, value] of Object.entries(history.state || {}))
    form.elements[key].value = value;
inLanguage();
start();
links.start();
