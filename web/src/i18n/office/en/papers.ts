import type { papers as vi } from "../vi/papers";

export const papers: Record<keyof typeof vi, string> = {
	"paper.add": "Add documents",
	"paper.readers": "Readers",
	"readers.all": "All who see the meeting",
	"readers.invited": "Who takes part in the meeting",
	"readers.leaders": "Leaders",
	"paper.newVersion": "Upload a new version of {{name}}",
	"paper.version": "Version {{version}}",
	"paper.versions": "Uploaded versions ({{count}})",
	"paper.readersOf": "Readers of document {{name}}",
	"paper.remove": "Delete document {{name}}",
	"paper.delete": "Delete document",
	"paper.deleteQuestion": "Delete document “{{name}}”?",
	"paper.deleteWhat": "The document is deleted with all its versions ({{count}}) and cannot be brought back.",
	"paper.keep": "Keep it",
	"paper.sending": "Uploading: {{name}}",
	"paper.stop": "Stop uploading",
	"paper.failed": "{{name}}: {{problem}}",
};
