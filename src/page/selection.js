// SPDX-License-Identifier: MIT
// What is chosen for the download: whole studies, and series of others.

/** Longest address that every web server passes on, with room for the service's own. */
const ADDRESS_MAX = 7000;

/** Forms of an archive: the query that asks for it, and whether only one study or series can have it. */
export const FORMS = {
    standard: {query: 'accept=application/zip', alone: false},
    stored: {query: 'accept=application/zip;transfer-syntax=*', alone: false},
    disc: {query: 'accept=application/zip&dicomdir=true', alone: true},
};

/** The chosen studies, in the order in which they were chosen. */
export class Selection {
    constructor() {
        /** @type {Map<string, {study: Study, series: ?Set<string>}>} series: null for the whole study */
        this.chosen = new Map();
    }

    clear() {
        this.chosen.clear();
    }

    get empty() {
        return this.chosen.size === 0;
    }

    /** @param {Study} study */
    hasStudy(study) {
        const entry = this.chosen.get(study.uid);

        return entry !== undefined && entry.series === null;
    }

    /** Whether some series of the study are chosen, but not all. */
    hasPart(study) {
        const entry = this.chosen.get(study.uid);

        return entry !== undefined && entry.series !== null;
    }

    hasSeries(study, series) {
        const entry = this.chosen.get(study.uid);

        return entry !== undefined && (entry.series === null || entry.series.has(series.uid));
    }

    setStudy(study, on) {
        if (on)
            this.chosen.set(study.uid, {study, series: null});
        else
            this.chosen.delete(study.uid);
    }

    /** Choose one of the loaded series of a study, or no longer. */
    setSeries(study, series, on) {
        const before = this.chosen.get(study.uid);
        const set = new Set(before ? before.series || study.series.map(one => one.uid) : []);

        if (on)
            set.add(series.uid);
        else
            set.delete(series.uid);
        if (set.size === 0)
            this.chosen.delete(study.uid);
        else
            this.chosen.set(study.uid, {study, series: set.size === study.series.length ? null : set});
    }

    /** UIDs of the studies. */
    get studies() {
        return [...this.chosen.keys()];
    }

    /** @returns {{studies: number, series: number, images: number}} */
    get total() {
        const total = {studies: this.chosen.size, series: 0, images: 0};

        for (const {study, series} of this.chosen.values()) {
            const parts = series && study.series.filter(one => series.has(one.uid));

            total.series += parts ? parts.length : study.seriesCount;
            total.images += parts ? parts.reduce((sum, one) => sum + one.images, 0) : study.images;
        }
        return total;
    }

    /** The studies whose series must be loaded before path() can name them. */
    get unloaded() {
        const whole = [...this.chosen.values()].filter(entry => entry.series === null);

        return whole.length === this.chosen.size ? [] : whole.map(entry => entry.study).filter(study => !study.series);
    }

    /** Whether one study, or one series, is all that is chosen. */
    get alone() {
        const [{series} = {}] = this.chosen.values();

        return this.chosen.size === 1 && (!series || series.size === 1);
    }

    get resource() {
        const entries = [...this.chosen.values()], [{study, series}] = entries;

        if (entries.length === 1 && !series)
            return `studies/${study.uid}?`;
        if (this.alone)
            return `studies/${study.uid}/series/${[...series][0]}?`;
        if (entries.every(entry => !entry.series))
            return `studies?StudyInstanceUID=${this.studies.join(',')}&`;
        const uids = entries.flatMap(entry => entry.series ? [...entry.series] : entry.study.series.map(one => one.uid));

        return `${entries.length === 1 ? `studies/${study.uid}/` : ''}series?SeriesInstanceUID=${uids.join(',')}&`;
    }

    /** @returns {{studies: string[], series: string[]}} UIDs of whole studies, and of series of others */
    get contents() {
        const entries = [...this.chosen.entries()];

        return {
            studies: entries.filter(([, {series}]) => !series).map(([uid]) => uid),
            series: entries.flatMap(([, {series}]) => [...series || []]),
        };
    }

    /**
     * Return the path of the archive, relative to the service.
     *
     * @param {string} form a key of FORMS
     * @returns {?string} null if it would be too long: too much is chosen
     */
    path(form) {
        const path = this.resource + FORMS[form].query;

        return path.length <= ADDRESS_MAX ? path : null;
    }
}

/**
 * Return a command that downloads an archive, and resumes it when it is given again.
 *
 * @param {string} url
 * @param {string} file
 */
export function curlCommand(url, file) {
    return `curl --fail -C - -o ${file} '${url.replaceAll("'", '%27')}'`;
}
