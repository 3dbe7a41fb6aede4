import { useTexts } from "../../../i18n";
import { OfficePage } from "../../../ui/office/OfficePage";

export default function MeetingPage({ id }: { id: string }) {
	const { t } = useTexts();
	return (
		<OfficePage title={t("meeting.title")}>
			<p>{id}</p>
		</OfficePage>
	);
}
