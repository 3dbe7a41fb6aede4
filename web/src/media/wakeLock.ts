/** Keeps the screen on until the returned function is called. The browser drops the lock whenever the page is hidden. */
export function keepAwake(): () => void {
	let lock: WakeLockSentinel | undefined;
	let over = false;
	const take = async () => {
		if (over || document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
		// A machine that is low on power refuses; the start-up flags of a terminal keep its screen on in any case.
		lock = await navigator.wakeLock.request("screen").catch(() => undefined);
		if (over) void lock?.release();
	};
	document.addEventListener("visibilitychange", take);
	void take();
	return () => {
		over = true;
		document.removeEventListener("visibilitychange", take);
		void lock?.release();
	};
}
