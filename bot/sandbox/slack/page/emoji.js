// The shortcodes people and the bot use most; others stay as they were typed.

const EMOJI = {
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", wave: "👋", clap: "👏", pray: "🙏",
  ok_hand: "👌", raised_hand: "✋", hand: "✋", muscle: "💪", point_right: "👉", point_up: "☝️",
  eyes: "👀", smile: "😄", grinning: "😀", slightly_smiling_face: "🙂", joy: "😂", wink: "😉",
  thinking_face: "🤔", sob: "😭", sweat_smile: "😅", scream: "😱", facepalm: "🤦", heart: "❤️",
  tada: "🎉", rocket: "🚀", fire: "🔥", zap: "⚡", boom: "💥", bug: "🐛", robot_face: "🤖",
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌",
  no_entry: "⛔", no_entry_sign: "🚫", warning: "⚠️", rotating_light: "🚨", octagonal_sign: "🛑",
  red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢",
  large_blue_circle: "🔵", white_circle: "⚪", bell: "🔔", no_bell: "🔕", mag: "🔍",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", clock1: "🕐", calendar: "📅",
  gear: "⚙️", wrench: "🔧", hammer_and_wrench: "🛠️", link: "🔗", lock: "🔒", unlock: "🔓",
  key: "🔑", bulb: "💡", memo: "📝", clipboard: "📋", bar_chart: "📊", book: "📖", package: "📦",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", pushpin: "📌", ticket: "🎫",
  information_source: "ℹ️", question: "❓", exclamation: "❗", recycle: "♻️", repeat: "🔁",
  arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️", leftwards_arrow_with_hook: "↩️",
  back: "🔙", speech_balloon: "💬", loudspeaker: "📢", mega: "📣", telephone_receiver: "📞",
  pager: "📟", computer: "💻", floppy_disk: "💾", cloud: "☁️", sunny: "☀️", coffee: "☕",
};

export function emoji(name) {
  return EMOJI[name] ?? null;
}
