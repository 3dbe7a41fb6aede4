// Name plates never lie: a slot's plate changes on the frame from which on it shows its new occupant.

/** Whether an RTP timestamp has come to another, with the wrap of 32 bits (RFC 3550, section 5.1). */
export function reached(shown: number, wanted: number): boolean {
	return (shown - wanted) >>> 0 < 0x80000000;
}

/** How long to wait for a frame that says which it is. Firefox does not say: there the plate changes after the next frames. */
const patience = 700;
/** How long to wait for the frame where the browser has said of others which they are: a starved machine draws late. */
const longPatience = 5000;
const named = new WeakSet<HTMLVideoElement>();
const framesWithoutTimestamp = 2;

/** Calls then when the video shows the frame with the timestamp or a later one. The returned function takes it back. */
export function whenShown(video: HTMLVideoElement, timestamp: number, then: () => void): () => void {
	let over = false;
	let unnamed = 0;
	const finish = () => {
		if (over) return;
		cancel();
		then();
	};
	let timer = setTimeout(() => {
		if (named.has(video)) timer = setTimeout(finish, longPatience - patience);
		else finish();
	}, patience);
	const onFrame = (_: number, frame: VideoFrameCallbackMetadata) => {
		if (over) return;
		if (frame.rtpTimestamp !== undefined) named.add(video);
		if (frame.rtpTimestamp === undefined ? ++unnamed >= framesWithoutTimestamp : reached(frame.rtpTimestamp, timestamp)) finish();
		else video.requestVideoFrameCallback(onFrame);
	};
	if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(onFrame);
	const cancel = () => {
		over = true;
		clearTimeout(timer);
	};
	return cancel;
}
