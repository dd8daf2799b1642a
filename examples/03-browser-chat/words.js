/** What the page says of itself. Its other English words stand in the HTML. */
const english = {
  everyone: 'everyone',
  idle: 'Not connected',
  connecting: 'Connecting …',
  online: 'Connected',
  waiting: 'Connection lost, trying again …',
  closed: 'Closed',
  failed: 'Not sent',
}

const chinese = {
  title: 'Posthouse 聊天',
  name: '你的名字',
  hub: '中心地址',
  token: '令牌（如果中心需要）',
  enter: '进入',
  people: '谁在线',
  messages: '消息',
  everyone: '所有人',
  to: '发给',
  message: '消息',
  send: '发送',
  idle: '未连接',
  connecting: '正在连接……',
  online: '已连接',
  waiting: '连接断开，正在重试……',
  closed: '已关闭',
  failed: '没有发出',
}

/** The language of the page. */
export const language = navigator.language.startsWith('zh') ? 'zh' : 'en'

/** The words of the page in its language. */
export const words = language === 'zh' ? chinese : english
