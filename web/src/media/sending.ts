// What one section of the connection sends. Its source may be exchanged, or end, while layers are turned on and off.

/** What nobody receives: layers by their RIDs, "" of a source without any, and how many of the highest spatial layers within one stream. */
export interface Idle {
	layers: readonly string[];
	spatial: number;
}

export class Sending {
	#idle: Idle = { layers: [], spatial: 0 };
	#queue: Promise<unknown> = Promise.resolve();

	constructor(readonly transceiver: RTCRtpTransceiver) {}

	/** Sends a track from now on, or nothing. */
	send(track: MediaStreamTrack | null): Promise<void> {
		return this.#next(() => this.transceiver.sender.replaceTrack(track));
	}

	/** Sends all layers but those that nobody receives. */
	rest(idle: Idle): Promise<void> {
		this.#idle = idle;
		return this.#next(() => this.#apply());
	}

	async #apply(): Promise<void> {
		const { sender } = this.transceiver;
		const parameters = sender.getParameters();
		let changed = false;
		for (const encoding of parameters.encodings) {
			const active = !this.#idle.layers.includes(encoding.rid ?? "");
			changed ||= (encoding.active ?? true) !== active;
			encoding.active = active;
			if (encoding.rid !== undefined) continue;
			// Of a picture of half as many lines browsers make one layer less, each as large as before.
			const by = 2 ** this.#idle.spatial;
			changed ||= (encoding.scaleResolutionDownBy ?? 1) !== by;
			encoding.scaleResolutionDownBy = by;
		}
		if (changed) await sender.setParameters(parameters);
	}

	/** One after the other: browsers refuse parameters when others were set since they were read. */
	#next(act: () => Promise<void>): Promise<void> {
		const done = this.#queue.then(act);
		this.#queue = done.catch(() => undefined);
		return done;
	}
}
