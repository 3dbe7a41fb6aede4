import { useRef } from "react";
import { useLocation } from "wouter";
import { EditorPage } from "./EditorPage";
import { MeetingPage } from "./MeetingPage";

/** A meeting to read, to write anew (/meetings/new), to change (/meetings/…/edit). */
export default function MeetingPages() {
	const [location, navigate] = useLocation();
	const [, id, edit] = location.split("/").slice(1);
	// Whoever writes a new meeting goes on in the same editor once the server has it.
	const fresh = useRef(0);
	const made = useRef(new Map<string, number>());
	if (id !== "new" && edit !== "edit") return <MeetingPage key={id} id={id} />;
	const editor = id === "new" ? fresh.current : (made.current.get(id) ?? id);
	return (
		<EditorPage
			key={editor}
			id={id === "new" ? undefined : id}
			onCreated={(created) => {
				made.current.set(created, fresh.current);
				fresh.current += 1;
				navigate(`/meetings/${created}/edit`, { replace: true });
			}}
		/>
	);
}
