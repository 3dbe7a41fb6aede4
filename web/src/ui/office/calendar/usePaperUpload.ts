import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { type Paper, papersQuery, type Readers, uploadPaper } from "../../../office/meetings";
import { queries } from "../../../office/query";

interface Sending {
	files: File[];
	/** Of new papers. */
	readers?: Readers;
	/** The paper of which the one file is a new version. */
	replaces?: Paper;
}

/** Sends files one after the other, tells how far it is, and can be stopped. */
export function usePaperUpload(meeting: string) {
	const [file, setFile] = useState("");
	const [part, setPart] = useState(0);
	const stopping = useRef<AbortController>(undefined);
	const { mutate, isPending, error } = useMutation({
		mutationFn: async ({ files, ...how }: Sending) => {
			stopping.current = new AbortController();
			for (const one of files) {
				setFile(one.name);
				setPart(0);
				await uploadPaper(meeting, one, { ...how, signal: stopping.current.signal, onProgress: setPart });
			}
		},
		onSettled: () => queries.invalidateQueries({ queryKey: papersQuery(meeting).queryKey }),
	});
	return {
		send: mutate,
		stop: () => stopping.current?.abort(),
		/** The name of the file that is sent, or that was sent last. */
		file,
		/** How much of it has gone, from 0 to 1; the server looks at it once it has all. */
		part,
		sending: isPending,
		/** What went wrong; to have stopped it is no error. */
		error: stopping.current?.signal.aborted ? null : error,
	};
}
