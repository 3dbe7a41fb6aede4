import { useEffect, useRef } from "react";

/** A picture without sound. */
export function Video({ stream, mirrored, muted }: { stream?: MediaStream; mirrored?: boolean; muted?: boolean }) {
	const ref = useRef<HTMLVideoElement>(null);
	useEffect(() => {
		if (ref.current && stream) ref.current.srcObject = stream;
	}, [stream]);
	return <video ref={ref} autoPlay playsInline muted={muted ?? true} className={mirrored ? "mirrored" : undefined} />;
}
