// What one section of the connection sends. Its source may be exchanged, or end, while layers are turned on and off.

export class Sending {
	#idle: readonly string[] = [];
	#queue: Promise<unknown> = Promise.resolve();

	constructor(readonly transceiver: RTCRtpTransceiver) {}

	/** Sends a track from now on, or nothing. */
	send(track: MediaStreamTrack | null): Promise<void> {
		return this.#next(() => this.transceiver.sender.replaceTrack(track));
	}

	/** Sends all layers but those that nobody receives, named by their RIDs; "" is a source without layers. */
	rest(idle: readonly string[]): Promise<void> {
		this.#idle = idle;
		return this.#next(() => this.#apply());
	}

	async #apply(): Promise<void> {
		const { sender } = this.transceiver;
		const parameters = sender.getParameters();
		let changed = false;
		for (const encoding of parameters.encodings) {
			const active = !this.#idle.includes(encoding.rid ?? "");
			changed ||= (encoding.active ?? true) !== active;
			encoding.active = active;
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
