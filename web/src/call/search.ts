// Finding people by name: case and diacritics do not matter, and đ is d.

/** A text as it is searched: without marks, in lower case. */
export function plain(text: string): string {
	return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
}

/** Whether every word of the query begins a word of the text. */
export function matches(text: string, query: string): boolean {
	const words = plain(text).split(/\s+/);
	return plain(query)
		.split(/\s+/)
		.every((q) => q === "" || words.some((w) => w.startsWith(q)));
}
