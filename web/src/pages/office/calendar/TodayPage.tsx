import { useTexts } from "../../../i18n";
import { OfficePage } from "../../../ui/office/OfficePage";

export default function TodayPage() {
	const { t } = useTexts();
	return <OfficePage title={t("today.title")}>{null}</OfficePage>;
}
